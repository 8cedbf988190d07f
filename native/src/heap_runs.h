/*
 * heap_runs.h - a heap's memory as runs of slabs: from the process pool or from the
 * empty slabs that the heap keeps, counted against its chunk in pages, and back.
 * What lies in a run is heap.c's and heap_mixed.c's business.
 *
 * The caller owns the heap or holds its lock.
 */
#ifndef SPACES_HEAP_RUNS_H
#define SPACES_HEAP_RUNS_H

#include "base.h"

/* On and off heap->slabs. */
SP_HIDDEN void sp_heap_add_run(SpHeap *heap, SpSlab *slab);
SP_HIDDEN void sp_heap_remove_run(SpHeap *heap, SpSlab *slab);

/* While they are held, no slab enters or leaves heap->slabs. A thread's heap loses slabs by other
 * threads too (heap_reclaim.h); for other heaps the caller's own lock sees to that. */
SP_HIDDEN void sp_heap_hold_runs(SpHeap *heap);
SP_HIDDEN void sp_heap_let_go_runs(SpHeap *heap);

/* Count a slab's pages up to `blocks` carved blocks; false where the ceiling forbids. */
SP_HIDDEN bool sp_heap_account(SpHeap *heap, SpSlab *slab, uint32_t blocks);

/* A run: one of the heap's empty slabs (counted already) or, if the heap may grow, from
 * the pool (`light`: SP_RUN_LIGHT), with nothing counted. NULL with *why. */
SP_HIDDEN SpSlab *sp_heap_take_run(SpHeap *heap, uint32_t slabs, bool light, bool grow, int *why);
/* After a run was taken from the pool: as many slabs more as the chunk's grow increment
 * says, where the ceiling lets it. */
SP_HIDDEN void sp_heap_grow_by_increment(SpHeap *heap, const SpSlab *taken);
/* Back to the pool, with what was counted of it. */
SP_HIDDEN void sp_heap_return_run(SpHeap *heap, SpSlab *slab);
/* The same for a run that still says what it was used for. */
SP_HIDDEN void sp_heap_give_run(SpHeap *heap, SpSlab *slab);
/* Take one empty slab more, for any bin, all of it counted; false with *why. */
SP_HIDDEN bool sp_heap_grow(SpHeap *heap, int *why);

/* A slab or span for blocks of a bin, with nothing carved, on heap->slabs. NULL with *why. */
SP_HIDDEN SpSlab *sp_heap_new_slab(SpHeap *heap, unsigned bin, uint32_t block_size, int *why);
/* A slab all of whose blocks are free leaves heap->slabs: kept empty, or back to the pool. */
SP_HIDDEN void sp_heap_retire(SpHeap *heap, SpSlab *slab);

#endif
