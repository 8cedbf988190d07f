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
 * A slab that has a block left may get it back from the owner just while it is
 * looked at. So the looking one says first at which slab it looks, and the owner
 * says first that the slab is not full any more, and waits while it is looked at:
 * one of them sees the other (after Dekker, in Dijkstra 1965).
 */
#ifndef SPACES_HEAP_RECLAIM_H
#define SPACES_HEAP_RECLAIM_H

#include "base.h"
#include "layout.h"

/* The slab of another thread's that is being looked at, or NULL. */
SP_HIDDEN extern const SpSlab *sp_reclaim_looks_at;

/* The owner, about to free into a slab that was full: sp_slab_withdraw_full has made it seen
 * that the slab is not, by a locked instruction. */
static inline void sp_reclaim_wait(const SpSlab *slab)
{
    while (sp_unlikely(__atomic_load_n(&sp_reclaim_looks_at, __ATOMIC_SEQ_CST) == slab))
        __builtin_ia32_pause();
}

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
