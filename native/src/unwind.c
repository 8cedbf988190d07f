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
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lock.h"

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

/* The bounds of the calling thread's own stack, once a thread. */
static void find_stack(uintptr_t sp)
{
    if (&__libc_stack_end && sp_os_thread_id() == sp_os_process_id()) {
        struct rlimit limit;
        uint64_t size = UINT64_C(8) << 20;
        if (!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur != RLIM_INFINITY)
            size = limit.rlim_cur < (UINT64_C(128) << 20) ? limit.rlim_cur : UINT64_C(128) << 20;
        stack_high = (uintptr_t)__libc_stack_end;
        stack_low = stack_high - size;
    } else {
        pthread_attr_t attributes;
        void *address;
        size_t size;
        if (!pthread_getattr_np(pthread_self(), &attributes)) {
            if (!pthread_attr_getstack(&attributes, &address, &size)) {
                stack_low = (uintptr_t)address;
                stack_high = stack_low + size;
            }
            pthread_attr_destroy(&attributes);
        }
    }
    if (!stack_high)
        stack_low = stack_high = sp; /* unknown: asked once */
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

uint32_t sp_unwind(uintptr_t *frames, uint32_t max)
{
    uintptr_t pc, sp, bp;
    if (unwinding)
        return 0;
    unwinding = true;
    __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2"
                     : "=&r"(pc), "=&r"(sp), "=&r"(bp));
    if (!stack_high)
        find_stack(sp);
    Bounds stack = {stack_high, 0};
    if (sp < stack_low || sp >= stack_high)
        stack = (Bounds){(sp | 4095) + 1, MAX_PROBES};
    uint32_t count = 0;
    bool exact = true; /* pc is an instruction to be executed, not a return address */
    for (uint32_t steps = 0; count < max && steps < 2 * SP_STACK_MAX_FRAMES + 32; steps++) {
        SpCfaRule rule = rule_for(exact ? pc : pc - 1);
        uintptr_t cfa, saved_bp;
        exact = false;
        switch (rule.base) {
        case SP_CFA_RSP:
            cfa = sp + (uintptr_t)(intptr_t)rule.cfa_offset;
            break;
        case SP_CFA_RBP:
            cfa = bp + (uintptr_t)(intptr_t)rule.cfa_offset;
            break;
        case SP_CFA_RBP_DEREF:
            saved_bp = bp + (uintptr_t)(intptr_t)rule.cfa_offset;
            if (saved_bp < sp || saved_bp % 8 || !reaches(&stack, saved_bp + 8))
                goto done;
            cfa = *(uintptr_t *)saved_bp;
            break;
        case SP_CFA_SIGNAL: /* glibc's restorer: rsp is at the ucontext */
            if (!reaches(&stack, sp + 176))
                goto done;
            pc = *(uintptr_t *)(sp + 168);
            bp = *(uintptr_t *)(sp + 120);
            cfa = *(uintptr_t *)(sp + 160);
            if (cfa >= stack_low && cfa < stack_high)
                stack = (Bounds){stack_high, 0}; /* perhaps from an alternate stack to its own */
            else if (cfa <= sp || !reaches(&stack, cfa))
                goto done;
            sp = cfa;
            exact = true;
            if (!is_own_code(pc))
                frames[count++] = pc;
            continue;
        default:
            /* Code without tables (a JIT's): follow a frame pointer if there is one. */
            if (bp <= sp || bp % 8 || !reaches(&stack, bp + 16))
                goto done;
            cfa = bp + 16;
            rule.rbp_offset = -16;
        }
        if (cfa <= sp || cfa % 8 || !reaches(&stack, cfa))
            break;
        if (rule.rbp_offset == INT32_MAX) {
            if (bp < sp || bp % 8 || !reaches(&stack, bp + 8))
                break;
            bp = *(uintptr_t *)bp;
        } else if (rule.rbp_offset != SP_RBP_KEPT) {
            saved_bp = cfa + (uintptr_t)(intptr_t)rule.rbp_offset;
            if (saved_bp < sp || saved_bp % 8 || !reaches(&stack, saved_bp + 8))
                break;
            bp = *(uintptr_t *)saved_bp;
        }
        pc = *(uintptr_t *)(cfa - 8);
        sp = cfa;
        if (pc < 4096 || pc >> SP_ADDRESS_BITS)
            break;
        if (!is_own_code(pc))
            frames[count++] = pc;
    }
done:
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
