/*
 * unwind.c - stacks by call frame rules, remembered.
 *
 * Parsing .eh_frame for each frame of each allocation would cost microseconds;
 * a program returns to few addresses, so each address's rule is interned once
 * and found again through a direct-mapped cache:
 *
 *   cache[hash(pc)] = pc << 16 | index of the rule      one atomic word
 *
 * No lock, no allocation on a hit. A module that is unloaded leaves stale
 * words; a wrong rule can then give a wrong stack, never a fault, since every
 * read stays between the stack pointer and the known end of the stack.
 */
#include "unwind.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lock.h"
#include "meta.h"

#define CACHE_SHIFT  16
#define MAX_RULES    65535u
#define RULE_BUCKETS 4096u

static uint64_t cache[1u << CACHE_SHIFT];
static SpCfaRule rules[MAX_RULES + 1];
static uint32_t rule_count;
static uint16_t rule_buckets[RULE_BUCKETS];
static uint16_t rule_next[MAX_RULES + 1];
static uint32_t rule_lock;

static SP_TLS bool unwinding;
static SP_TLS uintptr_t stack_low, stack_high;

extern void *__libc_stack_end __attribute__((weak));

#ifdef SPACES_SHARED
extern const char __ehdr_start[] SP_HIDDEN;
extern const char etext[] SP_HIDDEN;
#endif

static bool is_own_code(uintptr_t pc)
{
#ifdef SPACES_SHARED
    return pc >= (uintptr_t)__ehdr_start && pc < (uintptr_t)etext;
#else
    (void)pc;
    return false;
#endif
}

static uint32_t intern_rule(SpCfaRule rule)
{
    uint32_t bucket =
        ((uint32_t)rule.cfa_offset * 31 + (uint32_t)rule.rbp_offset * 7 + rule.base) % RULE_BUCKETS;
    sp_lock(&rule_lock);
    uint32_t index = rule_buckets[bucket];
    while (index && (rules[index].cfa_offset != rule.cfa_offset ||
                     rules[index].rbp_offset != rule.rbp_offset || rules[index].base != rule.base))
        index = rule_next[index];
    if (!index && rule_count < MAX_RULES) {
        index = ++rule_count;
        rules[index] = rule;
        rule_next[index] = rule_buckets[bucket];
        rule_buckets[bucket] = (uint16_t)index;
    }
    sp_unlock(&rule_lock);
    return index;
}

static SpCfaRule rule_for(uintptr_t pc)
{
    uint64_t *slot = &cache[(pc * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - CACHE_SHIFT)];
    uint64_t word = sp_load_acquire(slot);
    if (sp_likely(word >> 16 == pc))
        return rules[word & 0xffff];
    SpCfaRule rule = sp_eh_frame_rule(pc);
    uint32_t index = intern_rule(rule);
    if (index)
        sp_store_release(slot, (uint64_t)pc << 16 | index);
    return rule;
}

/*
 * A stack that is not the thread's own (a coroutine's, sigaltstack's) ends we know not where: it is
 * taken to reach as far as its pages can be read. A frame seldom crosses a page, so few are asked
 * for.
 */
#define MAX_PROBES 64u

typedef struct Bounds {
    uintptr_t high;
    uint32_t probes; /* left */
} Bounds;

/* Whether a page can be read: the kernel looks at a signal set there, then refuses the rest. */
static bool is_readable(uintptr_t page)
{
    int saved = errno;
    bool fault = syscall(SYS_rt_sigprocmask, -1, page, NULL, 8) && errno == EFAULT;
    errno = saved;
    return !fault;
}

static bool reaches(Bounds *stack, uintptr_t end)
{
    while (end > stack->high) {
        if (!stack->probes || !is_readable(stack->high))
            return false;
        stack->probes--;
        stack->high += 4096;
    }
    return true;
}

/*
 * The bounds of the calling thread's own stack. The main thread's are known. Another's ends where
 * its control block begins, which libc keeps above it; how far down it reaches is found page by
 * page as it grows. (pthread_getattr_np would tell, but it takes a lock and allocates: a thread
 * whose own call of it brought us here would wait for itself.)
 */
static void find_stack(uintptr_t sp)
{
    if (!stack_high && &__libc_stack_end && sp_os_thread_id() == sp_os_process_id()) {
        struct rlimit limit;
        uint64_t size = UINT64_C(8) << 20;
        if (!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur != RLIM_INFINITY)
            size = limit.rlim_cur < (UINT64_C(128) << 20) ? limit.rlim_cur : UINT64_C(128) << 20;
        stack_high = (uintptr_t)__libc_stack_end;
        stack_low = stack_high - size;
        return;
    }
    if (!stack_high)
        stack_low = stack_high = (uintptr_t)__builtin_thread_pointer();
    uintptr_t page = sp & ~UINT64_C(4095);
    if (sp >= stack_low || stack_low - page > MAX_PROBES * 4096u)
        return;
    for (uintptr_t below = stack_low & ~UINT64_C(4095); below > page; below -= 4096)
        if (!is_readable(below - 4096))
            return;
    stack_low = page;
}

/* ---- the stack of the time before ------------------------------------------ */

/*
 * A thread allocates again and again from below the same callers. Each step of
 * its last walk is kept, the outermost first; once a new walk stands where the
 * last one stood (same stack pointer and address), the steps further out are the
 * same if the words they were read from still are: a load and a compare a frame
 * in place of a rule. The frame pointer counts only where a step further out is
 * found by it: most code keeps other things in that register.
 */
typedef struct Step {
    uintptr_t sp, pc, bp; /* of the caller */
    uintptr_t bp_slot;    /* where bp was saved, 0: it was kept */
    bool bp_counts;       /* the way further out depends on bp */
} Step;

#define MEMO_STEPS 64u

typedef struct Memo {
    uint32_t count;
    bool complete; /* steps[0] is the outermost there is */
    Step steps[MEMO_STEPS];
} Memo;

static SP_TLS Memo *memo;
static SP_TLS bool ended; /* the thread's last destructors go without */

static bool still_there(const Step *step)
{
    return *(uintptr_t *)(step->sp - 8) == step->pc &&
           (!step->bp_slot || !step->bp_counts || *(uintptr_t *)step->bp_slot == step->bp);
}

/* Whether a walk that stands at *at stands where the memo's last step does. Steps further in than
 * that are over. */
static bool meets_memo(const Step *at)
{
    Memo *m = memo;
    while (m->count && m->steps[m->count - 1].sp < at->sp)
        m->count--;
    if (!m->count)
        return false;
    const Step *top = &m->steps[m->count - 1];
    return top->sp == at->sp && top->pc == at->pc && (!top->bp_counts || top->bp == at->bp);
}

/* Put a walk's new steps, innermost first, on top of what was kept. */
static void memo_push(const Step *steps, uint32_t count)
{
    Memo *m = memo;
    if (m->count + count > MEMO_STEPS) {
        m->count = 0;
        m->complete = false;
        return;
    }
    while (count)
        m->steps[m->count++] = steps[--count];
}

void sp_unwind_thread_end(void)
{
    if (memo)
        sp_meta_free(memo, sizeof *memo);
    memo = NULL;
    ended = true;
}

/* ---- the walk ------------------------------------------------------------------ */

typedef struct Walk {
    Step at;
    Bounds stack;
    bool exact;   /* pc is an instruction to be executed, not a return address */
    bool opaque;  /* the last step came from more than the words a memo compares */
    bool used_bp; /* the last step depended on bp as it was before */
    bool by_bp;   /* some step depended on the bp that the walk began with */
    uint32_t count;
    Step steps[MEMO_STEPS]; /* taken so far, innermost first */
} Walk;

static bool step_over_signal(Walk *w)
{
    uintptr_t sp = w->at.sp; /* glibc's restorer: it is at the ucontext */
    if (!reaches(&w->stack, sp + 176))
        return false;
    uintptr_t cfa = *(uintptr_t *)(sp + 160);
    if (cfa >= stack_low && cfa < stack_high)
        w->stack = (Bounds){stack_high, 0}; /* perhaps from an alternate stack to its own */
    else if (cfa <= sp || !reaches(&w->stack, cfa))
        return false;
    w->at = (Step){cfa, *(uintptr_t *)(sp + 168), *(uintptr_t *)(sp + 120), 0, false};
    w->exact = w->opaque = true;
    return true;
}

/* From a frame to its caller; false where the stack ends or is not understood. */
static bool step_out(Walk *w)
{
    SpCfaRule rule = rule_for(w->exact ? w->at.pc : w->at.pc - 1);
    uintptr_t sp = w->at.sp, bp = w->at.bp, cfa, slot = 0;
    w->exact = w->opaque = false;
    w->used_bp = rule.base != SP_CFA_RSP || rule.rbp_offset == INT32_MAX;
    switch (rule.base) {
    case SP_CFA_RSP:
        cfa = sp + (uintptr_t)(intptr_t)rule.cfa_offset;
        break;
    case SP_CFA_RBP:
        cfa = bp + (uintptr_t)(intptr_t)rule.cfa_offset;
        break;
    case SP_CFA_RBP_DEREF:
        slot = bp + (uintptr_t)(intptr_t)rule.cfa_offset;
        if (slot < sp || slot % 8 || !reaches(&w->stack, slot + 8))
            return false;
        cfa = *(uintptr_t *)slot;
        w->opaque = true;
        break;
    case SP_CFA_SIGNAL:
        return step_over_signal(w);
    default:
        /* Code without tables (a JIT's): follow a frame pointer if there is one. */
        if (bp <= sp || bp % 8 || !reaches(&w->stack, bp + 16))
            return false;
        cfa = bp + 16;
        rule.rbp_offset = -16;
    }
    if (cfa <= sp || cfa % 8 || !reaches(&w->stack, cfa))
        return false;
    slot = rule.rbp_offset == SP_RBP_KEPT ? 0
           : rule.rbp_offset == INT32_MAX ? bp
                                          : cfa + (uintptr_t)(intptr_t)rule.rbp_offset;
    if (slot) {
        if (slot < sp || slot % 8 || !reaches(&w->stack, slot + 8))
            return false;
        bp = *(uintptr_t *)slot;
    }
    w->at = (Step){cfa, *(uintptr_t *)(cfa - 8), bp, slot, false};
    return w->at.pc >= 4096 && !(w->at.pc >> SP_ADDRESS_BITS);
}

/* The way on depends on bp as it is at the last step taken, and so since it was read. */
static void count_bp(Walk *w)
{
    for (uint32_t i = w->count; i-- > 0;) {
        if (w->steps[i].bp_counts)
            return;
        w->steps[i].bp_counts = true;
        if (w->steps[i].bp_slot)
            return;
    }
    w->by_bp = true;
}

static void lay_word(SpTrail *trail, uintptr_t at)
{
    if (trail->count < SP_TRAIL_MAX)
        trail->words[trail->count] = at;
    trail->count++;
}

static void lay_step(SpTrail *trail, const Step *step)
{
    lay_word(trail, step->sp - 8);
    if (step->bp_slot && step->bp_counts)
        lay_word(trail, step->bp_slot);
}

/* The words that a walk and the steps it then took from the memo, down to `outer`, depend on. */
static void lay_trail(SpTrail *trail, const Walk *w, uint32_t outer)
{
    for (uint32_t i = 0; i < w->count; i++)
        lay_step(trail, &w->steps[i]);
    for (uint32_t i = memo->count; i-- > outer;)
        lay_step(trail, &memo->steps[i]);
    trail->by_bp = w->by_bp;
    trail->whole = trail->count <= SP_TRAIL_MAX;
}

static uint32_t walk_stack(Walk *w, uintptr_t *frames, uint32_t max, SpTrail *trail)
{
    uint32_t count = 0;
    if (w->at.sp < stack_low || !stack_high)
        find_stack(w->at.sp);
    w->stack = (Bounds){stack_high, 0};
    if (w->at.sp < stack_low || w->at.sp >= stack_high)
        w->stack = (Bounds){(w->at.sp | 4095) + 1, MAX_PROBES};
    if (!memo && !ended)
        memo = sp_meta_alloc(sizeof *memo);
    if (!w->exact && !is_own_code(w->at.pc))
        frames[count++] = w->at.pc;
    bool remember = memo && !w->stack.probes, met = false;
    uint32_t outer = memo ? memo->count : 0; /* steps of the memo from here on are the walk's too */
    while (count < max && w->count < MEMO_STEPS) {
        bool stepped = step_out(w);
        if (w->used_bp)
            count_bp(w);
        if (!stepped) {
            if (remember)
                memo->count = 0; /* what it knew further out is not there any more */
            break;
        }
        if (!is_own_code(w->at.pc))
            frames[count++] = w->at.pc;
        w->steps[w->count++] = w->at;
        remember = remember && !w->opaque;
        if (!remember || !meets_memo(&w->at))
            continue;
        /* The memo's last step is this one, which perhaps has read bp elsewhere. */
        if (memo->steps[--memo->count].bp_counts)
            count_bp(w);
        outer = memo->count;
        while (outer && count < max && still_there(&memo->steps[outer - 1])) {
            uintptr_t pc = memo->steps[--outer].pc;
            if (!is_own_code(pc))
                frames[count++] = pc;
        }
        met = count == max || (!outer && memo->complete);
        if (met)
            break;
        /* What lies further out has changed, or was never seen: on by the rules. */
        while (memo->count > outer && w->count < MEMO_STEPS)
            w->steps[w->count++] = memo->steps[--memo->count];
        w->at = w->steps[w->count - 1];
    }
    if (!remember)
        return count;
    if (!met) {
        memo->complete = count < max && w->count < MEMO_STEPS;
        outer = memo->count = 0;
    }
    if (trail)
        lay_trail(trail, w, outer);
    if (!met && !memo->complete)
        count_bp(w); /* a longer walk may want it */
    memo_push(w->steps, w->count);
    return count;
}

uint32_t sp_unwind(uintptr_t *frames, uint32_t max)
{
    if (unwinding)
        return 0;
    unwinding = true;
    Walk w;
    w.at = (Step){0};
    w.exact = true;
    w.by_bp = false;
    w.count = 0;
    __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2"
                     : "=&r"(w.at.pc), "=&r"(w.at.sp), "=&r"(w.at.bp));
    uint32_t count = walk_stack(&w, frames, max, NULL);
    unwinding = false;
    return count;
}

uint32_t sp_unwind_from(const SpCaller *caller, uintptr_t *frames, uint32_t max, SpTrail *trail)
{
    if (trail)
        trail->count = 0, trail->whole = false;
    if (!caller->pc)
        return sp_unwind(frames, max);
    if (unwinding)
        return 0;
    unwinding = true;
    Walk w;
    w.exact = w.by_bp = false;
    w.count = 0;
    w.at = (Step){caller->sp, caller->pc, caller->bp, 0, false};
    uint32_t count = walk_stack(&w, frames, max, trail);
    unwinding = false;
    return count;
}

bool sp_unwind_is_own(uintptr_t pc)
{
    return is_own_code(pc);
}

uint32_t sp_unwind_at(const SpCaller *at, uintptr_t *frames, uint32_t max)
{
    if (unwinding || !max)
        return 0;
    unwinding = true;
    Walk w;
    w.exact = true;
    w.by_bp = false;
    w.count = 0;
    w.at = (Step){at->sp, at->pc, at->bp, 0, false};
    uint32_t own = !is_own_code(at->pc);
    if (own)
        frames[0] = at->pc + 1;
    uint32_t count = own + walk_stack(&w, frames + own, max - own, NULL);
    unwinding = false;
    return count;
}

void sp_unwind_fork_lock(void)
{
    sp_lock(&rule_lock);
}

void sp_unwind_fork(bool child)
{
    if (child) {
        rule_lock = 0;
        stack_high = 0; /* the main thread's bounds are another's now */
    } else {
        sp_unlock(&rule_lock);
    }
}
