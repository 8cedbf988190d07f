/* raw.c - see raw.h. */
#include "raw.h"

#include <string.h>

#include "../include/spaces.h"
#include "area.h"
#include "chunk.h"
#include "classes.h"
#include "heap.h"
#include "heap_mixed.h"
#include "large.h"
#include "lock.h"
#include "meta.h"
#include "mixed.h"
#include "shared.h"

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

/* ---- routing ------------------------------------------------------------- */

enum { ROUTE_BIN, ROUTE_V3, ROUTE_GENERAL, ROUTE_LARGE };

/* Where a request goes; its bin in *bin. */
static int route(const SpChunk *chunk, uint64_t size, uint64_t align, unsigned flags, unsigned *bin)
{
    *bin = sp_bin_for(size, align);
    bool has_bin = *bin < SP_CLASS_COUNT;
    if (size > chunk->max_suballoc)
        return ROUTE_LARGE;
    uint64_t asked = SP_DEBUG && size > 2 * SP_REDZONE ? size - 2 * SP_REDZONE : size;
    bool small = asked < chunk->small_block_size || chunk->small_block_size == UINT16_MAX;
    /* Redzones are 16 bytes wide whatever was asked for. */
    uint64_t v3_align = SP_DEBUG && (flags & SP_ALLOC_WORD) ? SP_REDZONE : 8;
    if (small && chunk->small_allocator == SPACES_SMALL_V5)
        return has_bin ? ROUTE_BIN : ROUTE_LARGE;
    if (small && chunk->small_allocator == SPACES_SMALL_V3 && align <= v3_align &&
        size <= SP_SMALL_MAX)
        return ROUTE_V3;
    return align <= SP_SLAB_SIZE ? ROUTE_GENERAL : ROUTE_LARGE;
}

static void *alloc_mixed(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t skew, bool v3,
                         unsigned flags, int *why)
{
    SpHeap *heap = &chunk->own;
    bool locked = false;
    if (heap->policy == SP_POLICY_LOCKED) {
        /* The default chunk's threads have no mixed slabs of their own. */
        if (chunk->kind == SP_CHUNK_DEFAULT) {
            locked = sp_heap_lock(heap);
        } else {
            heap = pick_locked(chunk);
            locked = sp_load(&chunk->lock_owner) != sp_os_thread_id();
        }
    }
    void *block = sp_heap_mixed_alloc(heap, size, align, skew, v3, flags, why);
    sp_heap_unlock(heap, locked);
    return block;
}

/* `whole`: zero all of it, as resizing into its slack is to find zeroes. */
static void *alloc_large(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                         unsigned flags, bool whole, int *why)
{
    if (flags & (SPACES_FLAG_NO_EXTERNAL | SPACES_FLAG_NO_GROW)) {
        *why =
            flags & SPACES_FLAG_NO_EXTERNAL ? SPACES_ERR_BLOCK_TOO_BIG : SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    SpSlab *head = offset & (align - 1) ? sp_large_alloc_placed(chunk, size, align, offset, why)
                                        : sp_large_alloc(chunk, size, align, why);
    if (!head)
        return NULL;
    if ((flags & SPACES_FLAG_ZERO_INIT) && !(head->flags & SP_SLAB_ZEROED))
        memset(head->base, 0, whole ? head->bytes : size);
    return head->base;
}

/* ---- allocation ------------------------------------------------------------ */

/* Zero all of a block of a slab: resizing into its slack then finds zeroes. */
static void *zeroed(void *block, unsigned flags)
{
    SpRawBlock at;
    if (block && (flags & SPACES_FLAG_ZERO_INIT) && sp_raw_find(block, &at))
        memset(block, 0, at.span);
    return block;
}

/* The chunk that the calling thread's malloc is served from; NULL with *why. */
static SpChunk *own_chunk(int *why)
{
    SpHeap *heap = sp_heap_attach();
    SpChunk *chunk = heap ? heap->chunk : sp_chunk_default();
    if (!chunk)
        *why = SPACES_ERR_OUT_OF_MEMORY;
    return chunk;
}

void *sp_raw_alloc_placed(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                          unsigned flags, int *why)
{
    bool malloc_call = !chunk;
    if (malloc_call && !(chunk = own_chunk(why)))
        return NULL;
    if (sp_area_is(chunk))
        return sp_area_alloc(chunk, size, align, offset, flags, why);
    bool fits = size + align <= chunk->max_suballoc && align <= SP_SLAB_SIZE &&
                offset % (1u << SP_MIXED_SHIFT) == 0;
    if (fits && align >= 1u << SP_MIXED_SHIFT)
        return zeroed(alloc_mixed(chunk, size, align, offset, false, flags, why), flags);
    return alloc_large(chunk, size, align, offset, flags, !malloc_call, why);
}

void *sp_raw_alloc(SpChunk *chunk, uint64_t size, uint64_t align, unsigned flags, int *why)
{
    *why = SPACES_OK;
    bool malloc_call = !chunk;
    if (malloc_call && !(chunk = own_chunk(why)))
        return NULL;
    if (!(flags & SP_ALLOC_WORD) && align < 16 && size > 8)
        align = 16;
    if (sp_unlikely(sp_area_is(chunk)))
        return sp_area_alloc(chunk, size, align, 0, flags, why);
    unsigned bin;
    int way = route(chunk, size, align, flags, &bin);
    if (sp_likely(way == ROUTE_BIN)) {
        void *block = alloc_from_bin(malloc_call ? NULL : chunk, bin, sp_bin_size[bin], flags, why);
        if (block && (flags & SPACES_FLAG_ZERO_INIT))
            memset(block, 0, malloc_call ? size : sp_bin_size[bin]);
        return block;
    }
    if (way == ROUTE_LARGE)
        return alloc_large(chunk, size, align, 0, flags, !malloc_call, why);
    bool v3 = way == ROUTE_V3;
    return zeroed(alloc_mixed(chunk, size, v3 ? 8 : align, 0, v3, flags, why), flags);
}

void *sp_raw_alloc_fixed(SpChunk *chunk, int *why)
{
    *why = SPACES_OK;
    if (sp_unlikely(sp_area_is(chunk)))
        return sp_area_alloc_fixed(chunk, why);
    return alloc_from_bin(chunk, SP_BIN_FIXED, chunk->block_size, 0, why);
}

/* ---- blocks that are there --------------------------------------------------- */

bool sp_raw_free(SpSlab *slab, void *block)
{
    if (slab->kind == SP_SLAB_LARGE)
        return sp_large_free(slab);
    if (sp_load(&slab->flags) & SP_SLAB_AREA)
        return sp_area_free(slab, block);
    if (slab->kind == SP_SLAB_MIXED) {
        SpHeap *heap = slab->heap; /* the slab may leave it */
        bool locked = sp_heap_lock(heap);
        bool freed = sp_heap_mixed_free(slab, block);
        sp_heap_unlock(heap, locked);
        return freed;
    }
    sp_heap_free(slab, block);
    return true;
}

bool sp_raw_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags)
{
    if (slab->kind != SP_SLAB_MIXED)
        return false;
    if (slab->flags & SP_SLAB_AREA)
        return sp_area_resize(slab, block, size, flags);
    bool locked = sp_heap_lock(slab->heap);
    bool done = sp_heap_mixed_resize(slab, block, size, flags);
    sp_heap_unlock(slab->heap, locked);
    return done;
}

static bool find_mixed(SpSlab *slab, const void *address, SpRawBlock *found)
{
    uint32_t unit = sp_mixed_unit_of(slab, address);
    uint32_t start = unit == SP_MIXED_NO_UNIT ? unit : sp_mixed_start(slab->mixed, unit);
    if (start == SP_MIXED_NO_UNIT)
        return false;
    *found =
        (SpRawBlock){.slab = slab,
                     .start = sp_mixed_address(slab, start),
                     .span = (uint64_t)sp_mixed_length(slab->mixed, start) << slab->mixed->shift,
                     .index = start,
                     .known_free = !sp_mixed_is_live(slab->mixed, start)};
    return true;
}

bool sp_raw_find(const void *address, SpRawBlock *found)
{
    SpSlab *slab = sp_slab_find(address);
    if (!slab)
        return false;
    if (slab->kind == SP_SLAB_LARGE && sp_load(&slab->flags) & SP_SLAB_GUARDED) {
        /* All that is around it is its own. */
        *found = (SpRawBlock){slab, slab->base, slab->bytes, 0, false};
        return true;
    }
    if ((const char *)address < slab->base)
        return false;
    if (slab->kind == SP_SLAB_MIXED)
        return sp_shared_is_sound(slab->heap->chunk) && find_mixed(slab, address, found);
    bool large = slab->kind == SP_SLAB_LARGE;
    uint64_t span = large ? slab->bytes : slab->block_size;
    uint32_t index = large ? 0 : sp_slab_index(slab, address);
    *found = (SpRawBlock){slab, slab->base + index * span, span, index, false};
    return index < sp_load(&slab->carved) &&
           (uint64_t)((const char *)address - found->start) < span;
}

uint64_t sp_raw_record(const SpRawBlock *block)
{
    return block->slab->kind == SP_SLAB_MIXED ? SP_MIXED_RECORD(block->start - block->slab->base)
                                              : block->index;
}
