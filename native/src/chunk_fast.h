/*
 * chunk_fast.h - the short way for chunks that nobody locks: one look at the
 * handle, one pop; one look at the slab, one push. What malloc.h is for the
 * thread's heap. Whatever is unusual (another policy, zeroing, an empty list,
 * a pointer that is no block's start, a link in place of data) gives up, and the
 * long way decides. Not in the debug build, where every call takes the long way.
 */
#ifndef SPACES_CHUNK_FAST_H
#define SPACES_CHUNK_FAST_H

#include "chunk.h"
#include "classes.h"
#include "heap.h"

/* The heap of a chunk that may be used as it stands, or NULL. The handle may be any number: it is
 * compared, not followed. A header that was damaged meanwhile is told by the next long way. */
static inline SpHeap *sp_open_heap(SpacesChunk handle)
{
    SpChunk *chunk = (SpChunk *)handle;
    return !SP_DEBUG && sp_open_is(chunk) ? &chunk->own : NULL;
}

/* A block of `size` bytes, 1 to SP_SMALL_MAX, or NULL. */
static inline void *sp_open_alloc(SpacesChunk handle, size_t size)
{
    SpHeap *heap = sp_open_heap(handle);
    return heap && size <= heap->chunk->bin_max
               ? sp_slab_pop_small(heap->bins[sp_word_bin[(size + 7) / 8]])
               : NULL;
}

/* A block of the chunk's fixed size, or NULL. */
static inline void *sp_open_alloc_fixed(SpacesChunk handle)
{
    SpHeap *heap = sp_open_heap(handle);
    if (!heap)
        return NULL;
    SpSlab *slab = heap->bins[SP_BIN_FIXED];
    return sp_likely(slab->kind == SP_SLAB_SMALL) ? sp_slab_pop_small(slab) : sp_slab_pop(slab);
}

/* Free a block of a small slab of such a chunk, `fixed`: of one for blocks of the chunk's fixed
 * size; false: not done. */
static inline bool sp_open_free(void *pointer, bool fixed)
{
    if (SP_DEBUG)
        return false;
    SpSlab *slab = sp_slab_guess(pointer);
    uint64_t owner = sp_load_folded(&slab->fast_owner);
    if ((fixed ? owner : owner | 2) != sp_open_owner(pointer, slab->heap, true))
        return false;
    uint32_t offset = (uint32_t)((uintptr_t)pointer & (SP_SLAB_SIZE - 1));
    /* The upper half is the block's index; the lower one is below the reciprocal where the
     * division leaves no rest. */
    uint64_t index = (uint64_t)offset * slab->reciprocal;
    if ((uint32_t)index >= slab->reciprocal || index >> 32 >= slab->carved ||
        sp_slab_looks_free(slab, pointer))
        return false;
    /* What sp_slab_push does, where links are in units of bytes. */
    *sp_link_at(pointer) = slab->free ^ slab->key;
    slab->free = (uint16_t)offset;
    if (sp_unlikely(--slab->used == 0))
        sp_heap_free_last(slab);
    return true;
}

#endif
