/* unwind.h - the calling stack, fast enough to take at every allocation. */
#ifndef SPACES_UNWIND_H
#define SPACES_UNWIND_H

#include "base.h"

/* Return addresses of the callers of the library, innermost first; how many.
 * Allocates nothing that the program would see, works in code without frame
 * pointers, never reads outside the calling thread's stack. 0 while the same
 * thread is already unwinding. */
SP_HIDDEN uint32_t sp_unwind(uintptr_t *frames, uint32_t max);

/*
 * Where a public function was called from: the state of its caller right after
 * the return. Taken at the entry of the library, it spares the unwinder the
 * library's own frames. All zero: not taken.
 */
typedef struct SpCaller {
    uintptr_t pc, sp, bp;
} SpCaller;

/* The caller of the function this stands in. Asking for the frame's address
 * makes the compiler lay the frame out as rbp, return address (System V ABI). */
#if SP_DEBUG
static inline SpCaller sp_caller_at(const void *frame)
{
    const uintptr_t *words = (const uintptr_t *)frame;
    return (SpCaller){words[1], (uintptr_t)(words + 2), words[0]};
}
#define SP_CALLER() sp_caller_at(__builtin_frame_address(0))
#else
#define SP_CALLER() ((SpCaller){0, 0, 0})
#endif

/*
 * All that a walk depended on besides its caller's pc and sp: as long as what
 * stands at these addresses is the same, a walk from there gives the same frames.
 */
#define SP_TRAIL_MAX 52u
typedef struct SpTrail {
    uint32_t count;
    bool whole; /* false: nothing is known; the words do not tell all */
    bool by_bp; /* it depends on the caller's bp, too */
    uintptr_t words[SP_TRAIL_MAX];
} SpTrail;

/* sp_unwind from there; the same as sp_unwind where it was not taken. What the walk depended
 * on is told where `trail` is given. */
SP_HIDDEN uint32_t sp_unwind_from(const SpCaller *caller, uintptr_t *frames, uint32_t max,
                                  SpTrail *trail);

/* sp_unwind from an instruction that faulted: `at` is the state before it. The first address is one
 * more than the instruction's, so that all of them read as return addresses do. */
SP_HIDDEN uint32_t sp_unwind_at(const SpCaller *at, uintptr_t *frames, uint32_t max);

/* Whether an address is in the library's own code. */
SP_HIDDEN bool sp_unwind_is_own(uintptr_t pc);

/* What the unwinder keeps for the calling thread is given up. */
SP_HIDDEN void sp_unwind_thread_end(void);

/* Around a fork, as for every other lock. */
SP_HIDDEN void sp_unwind_fork_lock(void);
SP_HIDDEN void sp_unwind_fork(bool child);

/* The call frame information of one address, as the unwinder applies it. */
typedef struct SpCfaRule {
    int32_t cfa_offset;
    int32_t rbp_offset; /* from the CFA; SP_RBP_KEPT: unchanged */
    uint8_t base;       /* SP_CFA_* */
} SpCfaRule;
#define SP_RBP_KEPT INT32_MIN
enum {
    SP_CFA_NONE = 0,      /* no rule: this stack ends here */
    SP_CFA_RSP = 1,       /* CFA = rsp + offset */
    SP_CFA_RBP = 2,       /* CFA = rbp + offset */
    SP_CFA_RBP_DEREF = 3, /* CFA = *(rbp + offset): a realigned stack */
    SP_CFA_SIGNAL = 4     /* the kernel's signal frame */
};

/* eh_frame.c: read the rule for a code address from its module's tables. */
SP_HIDDEN SpCfaRule sp_eh_frame_rule(uintptr_t pc);

#endif
