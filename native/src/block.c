/* block.c - what both builds share of block.h: telling failures. */
#include "block.h"

#include "area.h"
#include "chunk.h"
#include "error.h"
#include "heap.h"
#include "segment.h"
#include "shared.h"

static SpChunk *chunk_of_call(const SpCall *call)
{
    if (call->chunk)
        return call->chunk;
    return sp_thread_heap->chunk ? sp_thread_heap->chunk : (SpChunk *)spaces_default_chunk;
}

/* What only chunks with an area or a segment come to. */
static void explain_area(SpError *error)
{
    const SpChunk *chunk = error->chunk;
    if (!chunk || !sp_area_is(chunk))
        return;
    switch (error->code) {
    case SPACES_ERR_OUT_OF_MEMORY:
        error->kind = SP_KIND_OUT_OF_MEMORY;
        error->detail = "no free stretch of the chunk's area is long enough";
        break;
    case SPACES_ERR_BAD_ALIGNMENT:
        error->detail = "an area's blocks start at multiples of 16, and so must the offset be one";
        break;
    case SPACES_ERR_LOCK:
    case SPACES_ERR_TOO_MANY_TASKS:
    case SPACES_ERR_BAD_CHUNK:
        error->kind = error->code == SPACES_ERR_BAD_CHUNK ? SP_KIND_METADATA : SP_KIND_BAD_ARGUMENT;
        error->detail = sp_shared_trouble(chunk)->detail;
        error->address = chunk->area.mixed;
        break;
    default:
        break;
    }
}

int sp_block_raise_failure(const SpCall *call, int why, uint64_t size, unsigned flags)
{
    if (call->quiet)
        return 0;
    SpError error = {.kind = sp_error_kind((SpacesErrorCode)why),
                     .code = (SpacesErrorCode)why,
                     .chunk = chunk_of_call(call),
                     .function = call->function,
                     .size = size,
                     .arg_chunk = call->args.pointer ? NULL : call->chunk,
                     .arg_ptr = call->args.pointer,
                     .arg_size = call->args.size ? call->args.size : size,
                     .arg_count = call->args.count,
                     .arg_flags = call->args.size ? call->args.flags : flags & 0xffffu};
    if (why == SPACES_ERR_BLOCK_TOO_BIG)
        error.detail = "the block is larger than this call can give";
    explain_area(&error);
    return sp_error_raise(&error);
}

bool sp_block_raise_unusable(const SpCall *call, const void *pointer)
{
    SpSlab *slab = sp_slab_find(pointer);
    SpChunk *chunk = slab ? slab->heap->chunk : NULL;
    if (!chunk || !chunk->shared || sp_shared_is_usable(chunk))
        return false;
    SpCall of_chunk = *call;
    of_chunk.chunk = chunk;
    of_chunk.args.pointer = pointer;
    sp_block_raise_failure(&of_chunk, sp_shared_trouble(chunk)->code, 0, 0);
    return true;
}

void sp_block_raise_bad(const SpCall *call, const void *pointer)
{
    if (sp_block_raise_unusable(call, pointer))
        return;
    SpBlockView view;
    sp_block_find(pointer, &view);
    SpError error = {.kind = view.status == SPACES_PTR_FREE ? SP_KIND_DOUBLE_FREE
                                                            : SP_KIND_INVALID_FREE,
                     .code = SPACES_ERR_BAD_POINTER,
                     .chunk = view.chunk,
                     .function = call->function,
                     .address = view.slab ? view.pointer : pointer,
                     .size = view.requested,
                     .offset = view.slab ? (const char *)pointer - view.pointer : 0,
                     .arg_chunk = call->chunk,
                     .arg_ptr = pointer,
                     .arg_buf = call->args.buffer,
                     .arg_size = call->args.size,
                     .arg_count = call->args.count,
                     .arg_flags = call->args.flags};
    sp_block_tell_origin(pointer, &error);
    sp_error_raise(&error);
}
