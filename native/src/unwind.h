/* unwind.h - the calling stack, fast enough to take at every allocation. */
#ifndef SPACES_UNWIND_H
#define SPACES_UNWIND_H

#include "base.h"

/* Return addresses of the callers of the library, innermost first; how many.
 * Allocates nothing that the program would see, works in code without frame
 * pointers, never reads outside the calling thread's stack. 0 while the same
 * thread is already unwinding. */
SP_HIDDEN uint32_t sp_unwind(uintptr_t *frames, uint32_t max);

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
