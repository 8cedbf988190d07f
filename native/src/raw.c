/* raw.c - see raw.h. */
#include "raw.h"

#include <string.h>

#include "../include/spaces.h"
#include "chunk.h"
#include "classes.h"
#include "heap.h"
#include "large.h"
#include "lock.h"
#include "meta.h"

/* A heap of a serialised chunk that is not busy, locked: the last one first,
 * then any, then a new one. */
static SpHeap *pick_locked(SpChunk *chunk)
{
    static SP_TLS uint32_t turn;
    if (sp_unlikely(sp_load(&chunk->lock_owner) == sp_os_thread_id()))
        return &chunk->own;
    uint32_t count = 0;
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next, count++)
        if (heap->policy == SP_POLICY_LOCKED && sp_try_lock(&heap->lock))
            return heap;
    if (chunk->kind != SP_CHUNK_DEFAULT && !sp_load(&chunk->lock_owner) &&
        count < sp_load(&chunk->max_subchunks)) {
        SpHeap *heap = sp_meta_alloc(sizeof *heap);
        if (heap) {
            sp_heap_init(heap, chunk, SP_POLICY_LOCKED);
            heap->lock = 1;
            sp_chunk_add_heap(chunk, heap);
            return heap;
        }
    }
    uint32_t skip = chunk->kind == SP_CHUNK_DEFAULT ? 0 : turn++ % (count ? count : 1);
    SpHeap *heap = sp_load_acquire(&chunk->heaps);
    while (skip-- && heap->next)
        heap = heap->next;
    if (heap->policy != SP_POLICY_LOCKED)
        heap = &chunk->own;
    sp_lock(&heap->lock);
    return heap;
}

/* The heap to allocate from, and whether it must be unlocked afterwards. */
static SpHeap *pick(SpChunk *chunk, unsigned flags, bool *locked)
{
    *locked = false;
    if (!chunk || chunk->kind == SP_CHUNK_DEFAULT) {
        SpHeap *heap = sp_heap_attach();
        if (heap && (!chunk || heap->chunk == chunk))
            return heap;
        if (!chunk)
            chunk = sp_chunk_default();
        if (!chunk)
            return NULL;
    }
    SpHeap *heap = &chunk->own;
    if (heap->policy == SP_POLICY_LOCKED && !(flags & SPACES_FLAG_NO_SERIALIZE)) {
        heap = pick_locked(chunk);
        *locked = sp_load(&chunk->lock_owner) != sp_os_thread_id();
    }
    return heap;
}

static void *alloc_from_bin(SpChunk *chunk, unsigned bin, uint32_t block_size, unsigned flags,
                            int *why)
{
    bool locked;
    SpHeap *heap = pick(chunk, flags, &locked);
    if (!heap) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    void *block = sp_heap_alloc(heap, bin, block_size, flags, why);
    sp_heap_unlock(heap, locked);
    return block;
}

/* Whether the flags allow a large block, and whose it is. */
static bool may_go_large(SpChunk **chunk, unsigned flags, int *why)
{
    if (flags & (SPACES_FLAG_NO_EXTERNAL | SPACES_FLAG_NO_GROW)) {
        *why =
            flags & SPACES_FLAG_NO_EXTERNAL ? SPACES_ERR_BLOCK_TOO_BIG : SPACES_ERR_OUT_OF_MEMORY;
        return false;
    }
    if (!*chunk) {
        SpHeap *heap = sp_heap_attach();
        *chunk = heap ? heap->chunk : sp_chunk_default();
    }
    if (!*chunk)
        *why = SPACES_ERR_OUT_OF_MEMORY;
    return *chunk != NULL;
}

void *sp_raw_alloc_placed(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                          unsigned flags, int *why)
{
    bool whole = chunk != NULL;
    if (!may_go_large(&chunk, flags, why))
        return NULL;
    SpSlab *head = sp_large_alloc_placed(chunk, size, align, offset, why);
    if (!head)
        return NULL;
    if ((flags & SPACES_FLAG_ZERO_INIT) && !(head->flags & SP_SLAB_ZEROED))
        memset(head->base, 0, whole ? head->bytes : size);
    return head->base;
}

void *sp_raw_alloc(SpChunk *chunk, uint64_t size, uint64_t align, unsigned flags, int *why)
{
    *why = SPACES_OK;
    if (!(flags & SP_ALLOC_WORD) && align < 16 && size > 8)
        align = 16;
    unsigned bin = sp_bin_for(size, align);
    bool fits = bin < SP_CLASS_COUNT && (!chunk || size <= chunk->max_suballoc);
    if (fits) {
        void *block = alloc_from_bin(chunk, bin, sp_bin_size[bin], flags, why);
        /* All of a chunk's block: resizing into its slack finds zeroes. */
        if (block && (flags & SPACES_FLAG_ZERO_INIT))
            memset(block, 0, chunk ? sp_bin_size[bin] : size);
        return block;
    }
    bool whole = chunk != NULL;
    if (!may_go_large(&chunk, flags, why))
        return NULL;
    SpSlab *head = sp_large_alloc(chunk, size, align, why);
    if (!head)
        return NULL;
    if ((flags & SPACES_FLAG_ZERO_INIT) && !(head->flags & SP_SLAB_ZEROED))
        memset(head->base, 0, whole ? head->bytes : size);
    return head->base;
}

void *sp_raw_alloc_fixed(SpChunk *chunk, int *why)
{
    *why = SPACES_OK;
    return alloc_from_bin(chunk, SP_BIN_FIXED, chunk->block_size, 0, why);
}

bool sp_raw_free(SpSlab *slab, void *block)
{
    if (slab->kind == SP_SLAB_LARGE)
        return sp_large_free(slab);
    sp_heap_free(slab, block);
    return true;
}

void *sp_raw_block_of(const SpSlab *slab, const void *address)
{
    if (slab->kind == SP_SLAB_LARGE)
        return slab->base;
    return slab->base + (uint64_t)sp_slab_index(slab, address) * slab->block_size;
}
