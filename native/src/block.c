/* block.c - what both builds share of block.h: telling failures. */
#include "block.h"

#include "chunk.h"
#include "error.h"
#include "heap.h"

static SpChunk *chunk_of_call(const SpCall *call)
{
    if (call->chunk)
        return call->chunk;
    return sp_thread_heap->chunk ? sp_thread_heap->chunk : (SpChunk *)spaces_default_chunk;
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
    return sp_error_raise(&error);
}

void sp_block_raise_bad(const SpCall *call, const void *pointer)
{
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
    sp_error_raise(&error);
}
