/*
 * heap_reclaim.h - memory that threads have and do not use. Before the pool takes
 * memory that was never touched, the slabs that lie idle elsewhere come back:
 *
 *   parked heaps   blocks that other threads freed since, nobody collects
 *   other threads' full slabs all of whose blocks have come back, and of which the
 *                  owner does not know yet, because it waits or is done allocating
 *
 * A slab of the second kind is on its owner's pending list and has no block that
 * the owner could free or hand out: who takes it off that list has it for itself.
 * Only heap->slabs, which it leaves, is the owner's still, and so has a lock.
 */
#ifndef SPACES_HEAP_RECLAIM_H
#define SPACES_HEAP_RECLAIM_H

#include "base.h"

/* A run from the pool (sp_run_alloc): SP_RUN_LIGHT, or of memory that was used before if there
 * is any.
 * The caller's heap, if it holds one, must be in order: its empty slabs may leave it. */
SP_HIDDEN SpSlab *sp_reclaim_run(uint32_t slabs, bool light, int *why);
/* Have the pool get all that lies idle in the default chunk; bytes. */
SP_HIDDEN uint64_t sp_reclaim_all(void);

/* While it is held, the default chunk's heaps stay, and nobody's slabs are taken. */
SP_HIDDEN void sp_reclaim_hold(void);
SP_HIDDEN void sp_reclaim_let_go(void);
SP_HIDDEN void sp_reclaim_fork(bool child);

#endif
