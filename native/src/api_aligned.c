/* api_aligned.c - the public functions for blocks at aligned addresses. */
#include <string.h>

#include "../include/spaces.h"
#include "api.h"
#include "block.h"
#include "heap.h"
#include "inspect.h"
#include "raw.h"
#include "segment.h"
#include "slab.h"

/* What size (arg_size), alignment (arg_count) and flags can be wrong by themselves. */
static bool is_refused(SpError *args, unsigned allowed)
{
    if (!args->arg_size) {
        args->code = SPACES_ERR_ALLOC_ZERO;
        args->detail = "the size is zero";
    } else if (!sp_is_power_of_two(args->arg_count)) {
        args->code = SPACES_ERR_BAD_ALIGNMENT;
        args->detail = "the alignment is not a power of two";
    } else if (args->arg_flags & ~allowed) {
        args->code = SPACES_ERR_BAD_FLAGS;
        args->detail = "these flags do not apply";
    } else {
        return false;
    }
    sp_refuse_call(args);
    return true;
}

static void *alloc(const char *function, SpacesChunk handle, size_t size, size_t alignment,
                   size_t offset, unsigned flags)
{
    SpChunk *chunk = sp_chunk_from(handle);
    SpError refused = {.chunk = chunk,
                       .function = function,
                       .arg_chunk = (SpChunk *)handle,
                       .arg_size = size,
                       .arg_count = alignment,
                       .arg_flags = flags};
    if (!chunk)
        return sp_refuse_handle(&refused);
    if (is_refused(&refused, SP_ALLOC_FLAGS))
        return NULL;
    SpCall call = {.caller = SP_CALLER(),
                   .function = function,
                   .chunk = chunk,
                   .family = SP_FAMILY_CHUNK,
                   .args = {.size = size, .count = alignment, .flags = flags}};
    if (chunk->flags & SPACES_CHUNK_ZERO_INIT)
        flags |= SPACES_FLAG_ZERO_INIT;
    return sp_block_alloc_placed(&call, size, alignment, offset,
                                 flags | (alignment <= 8 ? SP_ALLOC_WORD : 0));
}

void *spaces_chunk_alloc_aligned(SpacesChunk chunk, size_t size, size_t alignment, unsigned flags)
{
    return alloc("spaces_chunk_alloc_aligned", chunk, size, alignment, 0, flags);
}

void *spaces_chunk_alloc_aligned_offset(SpacesChunk chunk, size_t size, size_t alignment,
                                        size_t offset, unsigned flags)
{
    return alloc("spaces_chunk_alloc_aligned_offset", chunk, size, alignment, offset, flags);
}

int spaces_chunk_free_aligned(void *ptr)
{
    SpCall call = {
        .caller = SP_CALLER(), .function = "spaces_chunk_free_aligned", .family = SP_FAMILY_CHUNK};
    return sp_block_free(&call, ptr);
}

static void *resize(const char *function, void *ptr, size_t size, size_t alignment, size_t offset,
                    unsigned flags)
{
    SpCall call = {.caller = SP_CALLER(),
                   .function = function,
                   .family = SP_FAMILY_CHUNK,
                   .args = {.pointer = ptr, .size = size, .count = alignment, .flags = flags}};
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status != SPACES_PTR_OK) {
        sp_block_raise_bad(&call, ptr);
        return NULL;
    }
    SpError refused = {.chunk = view.chunk,
                       .function = function,
                       .arg_ptr = ptr,
                       .arg_size = size,
                       .arg_count = alignment,
                       .arg_flags = flags};
    if (is_refused(&refused, SP_REALLOC_FLAGS))
        return NULL;
    uint64_t old = view.requested;
    if (view.chunk->flags & SPACES_CHUNK_ZERO_INIT)
        flags |= SPACES_FLAG_ZERO_INIT;
    bool stays_aligned = (((uintptr_t)ptr + offset) & (alignment - 1)) == 0;
    if (stays_aligned && sp_block_resize(&view, size, flags)) {
        if ((flags & SPACES_FLAG_ZERO_INIT) && size > old)
            memset((char *)ptr + old, 0, size - old);
        return ptr;
    }
    if (flags & SPACES_FLAG_RESIZE_IN_PLACE) {
        refused.code = SPACES_ERR_RESIZE_FAILED;
        refused.detail = "the block cannot get this size where it is";
        return sp_refuse_call(&refused);
    }
    call.chunk = view.chunk;
    void *block = sp_block_alloc_placed(&call, size, alignment, offset,
                                        flags | (alignment <= 8 ? SP_ALLOC_WORD : 0));
    if (!block)
        return NULL;
    memcpy(block, ptr, size < old ? size : old);
    sp_block_free(&call, ptr);
    return block;
}

void *spaces_chunk_realloc_aligned(void *ptr, size_t size, size_t alignment, unsigned flags)
{
    return resize("spaces_chunk_realloc_aligned", ptr, size, alignment, 0, flags);
}

void *spaces_chunk_realloc_aligned_offset(void *ptr, size_t size, size_t alignment, size_t offset,
                                          unsigned flags)
{
    return resize("spaces_chunk_realloc_aligned_offset", ptr, size, alignment, offset, flags);
}

size_t spaces_chunk_size_aligned(void *ptr)
{
    return spaces_chunk_ptr_size(ptr);
}

SpacesChunkStatus spaces_chunk_check_aligned(SpacesChunk handle, void *ptr)
{
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status != SPACES_PTR_OK || (handle && (SpacesChunk)view.chunk != handle))
        return SPACES_CHUNK_CORRUPT_FATAL;
    SpDamage damage;
    SpRawBlock at;
    if (!SP_DEBUG || !sp_raw_find(ptr, &at) || !sp_inspect_block(view.slab, at.index, &damage))
        return SPACES_CHUNK_OK;
    sp_inspect_raise(view.chunk, &damage, "spaces_chunk_check_aligned", true);
    return SPACES_CHUNK_CORRUPT;
}
