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

/* The heap of a chunk that may be used as it stands, or NULL. */
static inline SpHeap *sp_open_heap(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_from(handle);
    bool open = !SP_DEBUG && chunk && chunk->own.policy == SP_POLICY_OPEN &&
                !(chunk->flags & SPACES_CHUNK_ZERO_INIT);
    return open ? &chunk->own : NULL;
}

/* A block of `size` bytes, 1 to SP_SMALL_MAX, or NULL. */
static inline void *sp_open_alloc(SpacesChunk handle, size_t size)
{
    SpHeap *heap = sp_open_heap(handle);
    return heap && size <= heap->chunk->max_suballoc
               ? sp_slab_pop_small(heap->bins[sp_word_bin[(size + 7) / 8]])
               : NULL;
}

/* A block of the chunk's fixed size, or NULL. */
static inline void *sp_open_alloc_fixed(SpacesChunk handle)
{
    SpHeap *heap = sp_open_heap(handle);
    return heap ? sp_slab_pop(heap->bins[SP_BIN_FIXED]) : NULL;
}

/* Free a block of a small slab of such a chunk; false: not done. */
static inline bool sp_open_free(void *pointer, uint8_t required_flags)
{
    if (SP_DEBUG || (uintptr_t)pointer >> SP_ADDRESS_BITS ||
        sp_segment_map[(uintptr_t)pointer >> SP_SEGMENT_SHIFT] != SP_MAP_SEGMENT)
        return false;
    SpSlab *slab = sp_slab_of(pointer);
    if (slab->kind != SP_SLAB_SMALL || (slab->flags & required_flags) != required_flags ||
        slab->heap->policy != SP_POLICY_OPEN || slab->state == SP_STATE_FULL)
        return false;
    uint32_t offset = (uint32_t)((uintptr_t)pointer & (SP_SLAB_SIZE - 1));
    uint32_t index = (uint32_t)(((uint64_t)offset * slab->reciprocal) >> 32);
    if (index * slab->block_size != offset || index >= slab->carved ||
        sp_link_plausible(*sp_link_at(pointer) ^ slab->key))
        return false;
    sp_slab_push(slab, pointer);
    if (sp_unlikely(slab->used == 0))
        sp_heap_free_last(slab);
    return true;
}

#endif
