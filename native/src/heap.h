/*
 * heap.h - a heap: for each size class the slab that serves it, those that
 * have room, and those waiting to be told of it.
 *
 *   bin -> current slab --exhausted--> full --a block comes back--> partial --> current
 *                                                                     |
 *                                                  last block back -> empty -> pool
 *
 * Thread heaps belong to the default chunk, one a thread, without locks. A
 * thread that ends parks its heap; the next thread gets it as it is, blocks of
 * the dead thread included (last parked, first out: it is the warmest). A
 * heap's address is therefore the owner's identity that frees compare.
 */
#ifndef SPACES_HEAP_H
#define SPACES_HEAP_H

#include "base.h"
#include "classes.h"
#include "slab.h"

/* The calling thread's heap; sp_no_heap until it has one. Never NULL. */
SP_HIDDEN extern SP_TLS SpHeap *sp_thread_heap;
/* sp_thread_heap->direct. */
SP_HIDDEN extern SP_TLS SpSlab **sp_thread_direct;
/* Every bin empty: the first allocation goes the slow way and finds no heap. */
SP_HIDDEN extern SpHeap sp_no_heap;

SP_HIDDEN void sp_heap_init(SpHeap *heap, SpChunk *chunk, uint32_t policy);
/* Give a heap what only a thread's heap needs, the table of malloc's short way
 * and parcels; false: no memory for it. */
SP_HIDDEN bool sp_heap_add_thread_parts(SpHeap *heap);

/* Flags of the allocation functions beyond SPACES_FLAG_*. */
#define SP_ALLOC_WORD 0x10000u /* word alignment will do, also from 16 bytes on */

/* A block of a bin; the caller owns the heap or holds its lock. NULL with *why. */
SP_HIDDEN void *sp_heap_alloc(SpHeap *heap, unsigned bin, uint32_t block_size, unsigned flags,
                              int *why);
/* A block for malloc from a slab that the calling thread's heap has; NULL: ask
 * in full. Fast build. */
SP_HIDDEN void *sp_heap_malloc(SpHeap *heap, size_t size);
/* Have at least `count` free blocks of a bin carved; false with *why. */
SP_HIDDEN bool sp_heap_reserve(SpHeap *heap, unsigned bin, uint32_t block_size, uint64_t count,
                               int *why);
/* Put a live block of a small slab or span back, from any thread, whatever the
 * heap's policy. */
SP_HIDDEN void sp_heap_free(SpSlab *slab, void *block);
/* Likewise a chain of them (sp_slab_push_remote) of a thread heap that is not the caller's. */
SP_HIDDEN void sp_heap_free_chain(SpSlab *slab, uint32_t head, uint32_t tail, uint32_t count);
/* The owner's part of that. */
SP_HIDDEN void sp_heap_free_local(SpSlab *slab, void *block);

/* The owner freed a partial slab's last block the short way. */
SP_HIDDEN SP_NOINLINE void sp_heap_free_last(SpSlab *slab);

/* Any thread: tell the owner of slabs, a chain by pending_next, in which others freed. */
SP_HIDDEN void sp_heap_put_pending(SpHeap *heap, SpSlab *first, SpSlab *last);
/* The owner's part of other threads' frees: slabs that were full get their blocks. */
SP_HIDDEN void sp_heap_drain(SpHeap *heap);

/* Give empty slabs back to the pool, up to the chunk's floor; bytes given. */
SP_HIDDEN uint64_t sp_heap_shrink(SpHeap *heap);
/* Likewise for a thread's heap that nobody is going to use for a while, but for slabs of
 * which so little was used that the next thread may as well find them ready. */
SP_HIDDEN void sp_heap_park(SpHeap *heap);
/* Give all slabs of the heap back to the pool, whatever they hold. */
SP_HIDDEN void sp_heap_release_all(SpHeap *heap);

/* No bin for variable blocks has a current slab any more: where blocks come from is
 * decided anew, as the chunk's small-block algorithm or threshold has changed. */
SP_HIDDEN void sp_heap_close_bins(SpHeap *heap);

/* Lock / unlock for SP_POLICY_LOCKED; nothing for a thread that holds the
 * chunk's lock, and for other policies. A shared chunk's heap has the segment's
 * lock too: shared.h says whether it could be had. */
SP_HIDDEN bool sp_heap_lock(SpHeap *heap);
SP_HIDDEN void sp_heap_unlock(SpHeap *heap, bool locked);

/* Switch between SP_POLICY_LOCKED and SP_POLICY_OPEN. */
SP_HIDDEN void sp_heap_set_policy(SpHeap *heap, uint32_t policy);

/* SpSlab.fast_owner of a slab in a heap that whoever calls may use: never what free() takes for
 * its thread's own, as no heap has an odd address. */
static inline uint64_t sp_open_owner(const void *p, const SpHeap *heap, bool fixed)
{
    return sp_fast_owner(p, heap) | (fixed ? 3 : 1);
}

/* ---- heap_thread.c ---------------------------------------------------------- */

/* The heap that serves the calling thread's malloc, attached if need be. NULL
 * where the thread is past its end (use the default chunk's locked heap) or
 * memory is short. */
SP_HIDDEN SpHeap *sp_heap_attach(void);
/* At the process's end, or when the module that holds the library is unloaded: threads that end
 * later do not come back here. */
SP_HIDDEN void sp_heap_end_process(void);
/* Park the calling thread's heap. `ending`: attach none any more. */
SP_HIDDEN void sp_heap_detach(bool ending);

/* All parked heaps, by `parked`, for a moment; and back again. */
SP_HIDDEN SpHeap *sp_heap_take_parked(void);
SP_HIDDEN void sp_heap_put_parked(SpHeap *heaps);

/* Give the calling thread a chunk of its own for malloc, which it empties at its
 * end if `free_at_end`; false with *why. */
SP_HIDDEN bool sp_heap_make_exclusive(bool free_at_end, int *why);
/* Back to the default chunk. */
SP_HIDDEN void sp_heap_end_exclusive(void);
/* Whether the heap is another thread's exclusive one. */
SP_HIDDEN bool sp_heap_is_foreign(const SpHeap *heap);
/* There is no default chunk from now on, and none of its heaps is used; false where
 * another thread uses one. */
SP_HIDDEN bool sp_heap_forget_default(void);

SP_HIDDEN void sp_heap_fork_lock(void);
SP_HIDDEN void sp_heap_fork(bool child);

#endif
