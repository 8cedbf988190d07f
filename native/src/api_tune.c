/* api_tune.c - the public functions that change how a chunk behaves. Each takes
 * effect at the chunk's next need: pages and slabs that exist stay as they are. */
#include <stdio.h>

#include "../include/spaces.h"
#include "api.h"
#include "area.h"
#include "classes.h"
#include "heap.h"
#include "heap_runs.h"
#include "lock.h"
#include "segment.h"

unsigned spaces_chunk_set_page_size(SpacesChunk handle, unsigned size)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_page_size", handle, size);
    if (!chunk)
        return 0;
    unsigned before = chunk->page_size;
    chunk->page_size = sp_chunk_page_size(size);
    return before;
}

int spaces_chunk_set_block_size(SpacesChunk handle, unsigned short size)
{
    const char *function = "spaces_chunk_set_block_size";
    SpChunk *chunk = sp_chunk_arg_value(function, handle, size);
    if (!chunk)
        return 0;
    if (!size)
        return sp_refuse(function, chunk, SPACES_ERR_ALLOC_ZERO, "the block size is zero", 0, 0) !=
               NULL;
    if (size > chunk->page_size)
        return sp_refuse(function, chunk, SPACES_ERR_BLOCK_TOO_BIG,
                         "the block size is larger than the chunk's page size", size, 0) != NULL;
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        for (SpSlab *slab = sp_load_acquire(&heap->slabs); slab; slab = sp_load(&slab->all_next))
            if (slab->flags & SP_SLAB_FIXED)
                return sp_refuse(function, chunk, SPACES_ERR_UNSUPPORTED,
                                 "the chunk already has fixed-size blocks", size, 0) != NULL;
    sp_chunk_set_fixed_size(chunk, size);
    return 1;
}

size_t spaces_chunk_set_free_bytes(SpacesChunk handle, size_t bytes)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_free_bytes", handle, bytes);
    if (!chunk)
        return SPACES_ERROR_RET;
    size_t before = chunk->free_bytes;
    chunk->free_bytes = bytes;
    return before;
}

size_t spaces_chunk_set_grow_increment(SpacesChunk handle, size_t inc)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_grow_increment", handle, inc);
    if (!chunk)
        return SPACES_ERROR_RET;
    size_t before = chunk->grow_increment;
    chunk->grow_increment = inc;
    return before;
}

unsigned spaces_chunk_set_max_suballoc(SpacesChunk handle, unsigned size)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_max_suballoc", handle, size);
    if (!chunk)
        return 0;
    unsigned before = chunk->max_suballoc;
    chunk->max_suballoc = size > SP_MEDIUM_MAX ? SP_MEDIUM_MAX : size;
    sp_chunk_set_bin_max(chunk);
    return before;
}

int spaces_chunk_set_max_subchunks(SpacesChunk handle, unsigned count)
{
    const char *function = "spaces_chunk_set_max_subchunks";
    SpChunk *chunk = sp_chunk_from(handle);
    SpError refused = {.code = SPACES_ERR_BAD_FLAGS,
                       .chunk = chunk,
                       .function = function,
                       .arg_chunk = (SpChunk *)handle,
                       .arg_count = count};
    if (!chunk)
        return sp_refuse_handle(&refused) != NULL;
    if (!count || count > 256) {
        refused.detail = "the number of sub-chunks must be 1 to 256";
        return sp_refuse_call(&refused) != NULL;
    }
    sp_store(&chunk->max_subchunks, count);
    return 1;
}

int spaces_chunk_set_serialization(SpacesChunk handle, int enable)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_set_serialization", handle);
    if (!chunk)
        return 0;
    int before = chunk->serialized;
    if (chunk->kind == SP_CHUNK_THREAD)
        return before; /* its heap is a thread's own: there is nothing to switch */
    if (chunk->shared)
        return before; /* other processes rely on it */
    chunk->serialized = enable != 0;
    if (chunk->kind == SP_CHUNK_DEFAULT)
        return before; /* only for spaces_chunk_lock */
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        sp_heap_set_policy(heap, enable ? SP_POLICY_LOCKED : SP_POLICY_OPEN);
    sp_chunk_set_open(chunk, true);
    return before;
}

/* Take memory before it is needed; false with *why. */
static bool reserve(SpChunk *chunk, bool fixed, size_t bytes, int *why)
{
    *why = SPACES_OK;
    if (sp_area_is(chunk))
        return sp_area_reserve(chunk, bytes, why);
    uint64_t before = sp_load(&chunk->footprint);
    bool locked = sp_heap_lock(&chunk->own);
    if (fixed) {
        sp_heap_reserve(&chunk->own, SP_BIN_FIXED, chunk->block_size,
                        (bytes + chunk->block_size - 1) / chunk->block_size, why);
    } else {
        while (sp_load(&chunk->footprint) - before < bytes && sp_heap_grow(&chunk->own, why)) {
        }
    }
    sp_heap_unlock(&chunk->own, locked);
    return *why == SPACES_OK;
}

size_t spaces_chunk_preallocate(SpacesChunk handle, size_t bytes, SpacesBlockType type)
{
    const char *function = "spaces_chunk_preallocate";
    SpChunk *chunk = sp_chunk_arg_value(function, handle, bytes);
    if (!chunk)
        return SPACES_ERROR_RET;
    bool fixed = type == SPACES_BLOCK_FIXED;
    if (!fixed && type != SPACES_BLOCK_VAR_FIXED && type != SPACES_BLOCK_VAR_MOVEABLE) {
        sp_refuse(function, chunk, SPACES_ERR_BAD_FLAGS,
                  "memory is preallocated for fixed or variable blocks", bytes, type);
        return SPACES_ERROR_RET;
    }
    if (fixed && !chunk->block_size) {
        sp_refuse(function, chunk, SPACES_ERR_NOT_FIXED_SIZE, "the chunk has no fixed block size",
                  bytes, type);
        return SPACES_ERROR_RET;
    }
    int why;
    uint64_t before = sp_load(&chunk->footprint);
    if (!reserve(chunk, fixed, bytes, &why)) {
        sp_refuse(function, chunk, (SpacesErrorCode)why, NULL, bytes, type);
        return SPACES_ERROR_RET;
    }
    return sp_load(&chunk->footprint) - before;
}

size_t spaces_chunk_shrink(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_shrink", handle);
    if (!chunk)
        return 0;
    uint64_t given = sp_chunk_shrink(chunk);
    if (given)
        sp_pool_trim(0);
    return given;
}

/* ---- the default chunk ---------------------------------------------------------- */

/* glibc's: gives a stream its buffer if it has none. */
extern void _IO_doallocbuf(FILE *stream) __attribute__((weak));

/* The standard streams outlive every thread: their buffers must not come from a
 * thread's own chunk, as the one that prints first would have it. */
static void share_stream_buffers(void)
{
    FILE *streams[] = {stdin, stdout};
    for (size_t i = 0; _IO_doallocbuf && i < sizeof streams / sizeof streams[0]; i++) {
        flockfile(streams[i]);
        _IO_doallocbuf(streams[i]);
        funlockfile(streams[i]);
    }
}

int spaces_default_chunk_thread_exclusive(unsigned flags)
{
    const char *function = "spaces_default_chunk_thread_exclusive";
    bool on = flags & SPACES_THREAD_EXCLUSIVE_ON;
    if ((flags & ~(unsigned)(SPACES_THREAD_EXCLUSIVE_ON | SPACES_FREE_ON_THREAD_TERM)) ||
        (!on && flags))
        return sp_refuse(function, NULL, SPACES_ERR_BAD_FLAGS, "these flags do not apply", 0,
                         flags) != NULL;
    if (!on) {
        sp_heap_end_exclusive();
        return 1;
    }
    share_stream_buffers();
    int why = SPACES_OK;
    if (sp_heap_make_exclusive((flags & SPACES_FREE_ON_THREAD_TERM) != 0, &why))
        return 1;
    return sp_refuse_call(&(SpError){.code = (SpacesErrorCode)why,
                                     .function = function,
                                     .size = sizeof(SpChunk),
                                     .arg_flags = flags}) != NULL;
}

int spaces_free_default_chunk(void)
{
    SpChunk *chunk = (SpChunk *)spaces_default_chunk;
    if (!chunk)
        return 0;
    sp_chunk_shrink(chunk);
    if (sp_chunk_live(chunk) || !sp_heap_forget_default())
        return 0;
    sp_chunk_delete(chunk);
    return 1;
}

/* Close what heaps have open, so that the next block goes where the chunk now says. */
static void route_anew(SpChunk *chunk)
{
    sp_chunk_set_bin_max(chunk);
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next) {
        if (heap->policy == SP_POLICY_THREAD && heap != sp_thread_heap)
            continue; /* another thread's: when its slabs are used up */
        bool locked = sp_heap_lock(heap);
        sp_heap_close_bins(heap);
        sp_heap_unlock(heap, locked);
    }
}

int spaces_chunk_set_small_allocator(SpacesChunk handle, SpacesSmallAllocator alg)
{
    const char *function = "spaces_chunk_set_small_allocator";
    SpChunk *chunk = sp_chunk_arg_value(function, handle, (size_t)alg);
    if (!chunk)
        return 0;
    if (alg != SPACES_SMALL_NONE && alg != SPACES_SMALL_V3 && alg != SPACES_SMALL_V5)
        return sp_refuse(function, chunk, SPACES_ERR_BAD_FLAGS, "there is no such algorithm",
                         (size_t)alg, 0) != NULL;
    if (sp_area_is(chunk) && alg != SPACES_SMALL_NONE)
        return sp_refuse(function, chunk, SPACES_ERR_UNSUPPORTED,
                         "an area or shared chunk has no small-block algorithm", (size_t)alg,
                         0) != NULL;
    chunk->small_allocator = (uint8_t)alg;
    route_anew(chunk);
    return 1;
}

int spaces_chunk_set_small_block_size(SpacesChunk handle, unsigned short size)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_small_block_size", handle, size);
    if (!chunk)
        return 0;
    chunk->small_block_size = size;
    route_anew(chunk);
    return 1;
}

int spaces_chunk_set_page_resizing(SpacesChunk handle, int enable)
{
    SpChunk *chunk =
        sp_chunk_arg_value("spaces_chunk_set_page_resizing", handle, (size_t)(enable != 0));
    if (!chunk)
        return 0;
    chunk->page_resizing = enable != 0;
    return 1;
}
