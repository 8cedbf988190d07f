/* depot.h - call stacks, each kept once and known by a 32-bit id: its offset
 * in the depot in units of SP_STACK_UNIT. Lock-free; ids stay good for the life
 * of the process. */
#ifndef SPACES_DEPOT_H
#define SPACES_DEPOT_H

#include "unwind.h"

#define SP_DEPOT_SIZE (UINT64_C(1) << 30)

/* Id of a stack; 0 where it is empty or the depot is full. Where `pass` is given, it is
 * counted as an allocation, and receives which one of this stack's it was. */
SP_HIDDEN uint32_t sp_depot_intern(const uintptr_t *frames, uint32_t count, uint32_t *pass);
/* Capture the stack of a caller and intern it; 0 where tracking is off. */
SP_HIDDEN uint32_t sp_depot_capture(const SpCaller *caller, uint32_t *pass);
/* The same for an allocation of `bytes`. Where tracking is sampled, one in
 * about SP_SAMPLE_BYTES allocated bytes: a block that large always, smaller ones
 * in proportion to their size. */
#define SP_SAMPLE_BYTES 32768u
SP_HIDDEN uint32_t sp_depot_capture_allocation(const SpCaller *caller, uint64_t bytes,
                                               uint32_t *pass);
/* A stack by id; NULL for 0 or what is no id. */
SP_HIDDEN SpStack *sp_depot_get(uint32_t id);

#endif
