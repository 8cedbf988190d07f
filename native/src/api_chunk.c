/* api_chunk.c - the public functions that make, use and end chunks and their
 * blocks. Each checks its arguments, tells what is wrong, and calls inward. */
#include <string.h>

#include "../include/spaces.h"
#include "api.h"
#include "area.h"
#include "block.h"
#include "chunk_fast.h"
#include "heap.h"
#include "inspect.h"
#include "lock.h"
#include "shared.h"

/* ---- chunks ------------------------------------------------------------------ */

#define CREATE_FLAGS                                                               \
    (SPACES_CHUNK_SERIALIZE | SPACES_CHUNK_VIRTUAL_LOCK | SPACES_CHUNK_ZERO_INIT | \
     SPACES_CHUNK_DEFAULT)

static SpChunk *create(const char *function, uint32_t kind, unsigned flags)
{
    if (flags & ~CREATE_FLAGS)
        return sp_refuse(function, NULL, SPACES_ERR_BAD_FLAGS, "these creation flags do not apply",
                         0, flags);
    int why = SPACES_OK;
    SpChunk *chunk = sp_chunk_new(kind, flags, &why);
    if (!chunk)
        sp_refuse_call(&(SpError){.code = (SpacesErrorCode)why,
                                  .function = function,
                                  .size = sizeof(SpChunk),
                                  .arg_flags = flags});
    return chunk;
}

SpacesChunk spaces_init_default_chunk(void)
{
    return sp_init() ? (SpacesChunk)sp_chunk_default() : NULL;
}

SpacesChunk spaces_chunk_create(unsigned flags)
{
    return (SpacesChunk)create("spaces_chunk_create", SP_CHUNK_VARIABLE, flags);
}

SpacesChunk spaces_chunk_create_fixed(unsigned short block_size, size_t count, unsigned flags)
{
    const char *function = "spaces_chunk_create_fixed";
    SpError refused = {.code = SPACES_ERR_ALLOC_ZERO,
                       .function = function,
                       .detail = "the block size is zero",
                       .arg_size = block_size,
                       .arg_count = count,
                       .arg_flags = flags};
    if (!block_size)
        return sp_refuse_call(&refused);
    SpChunk *chunk = create(function, SP_CHUNK_FIXED, flags);
    if (!chunk)
        return NULL;
    sp_chunk_set_fixed_size(chunk, block_size);
    if (count) {
        bool locked = sp_heap_lock(&chunk->own);
        int why = SPACES_OK;
        bool done = sp_heap_reserve(&chunk->own, SP_BIN_FIXED, chunk->block_size, count, &why);
        sp_heap_unlock(&chunk->own, locked);
        if (!done) {
            sp_chunk_delete(chunk);
            refused.code = (SpacesErrorCode)why;
            refused.detail = NULL;
            refused.size = (uint64_t)block_size * count;
            return sp_refuse_call(&refused);
        }
    }
    return (SpacesChunk)chunk;
}

int spaces_chunk_destroy(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_destroy", handle);
    if (!chunk)
        return 0;
    if (chunk->kind == SP_CHUNK_DEFAULT) {
        sp_refuse("spaces_chunk_destroy", chunk, SPACES_ERR_BAD_CHUNK,
                  "the default chunk is ended by spaces_free_default_chunk", 0, 0);
        return 0;
    }
    if (chunk->shared && !sp_shared_release(chunk))
        return 1; /* attached more often in this process */
    if (SP_DEBUG)
        sp_inspect_chunk(chunk, "spaces_chunk_destroy");
    sp_block_forget_chunk(chunk);
    sp_chunk_delete(chunk);
    return 1;
}

/* ---- blocks -------------------------------------------------------------------- */

/* Room for growth of a block that says it will. */
static size_t with_reserve(size_t size, unsigned flags)
{
    return flags & SPACES_FLAG_RESIZEABLE && size < SIZE_MAX / 2 ? size + size / 2 : size;
}

void *spaces_chunk_alloc(SpacesChunk handle, size_t size, unsigned flags)
{
    const char *function = "spaces_chunk_alloc";
    if (sp_likely(!flags && size - 1 < SP_SMALL_MAX)) {
        void *block = sp_open_alloc(handle, size);
        if (sp_likely(block != NULL))
            return block;
    }
    SpChunk *chunk = sp_chunk_from(handle);
    if (sp_unlikely(!chunk))
        return sp_refuse_handle(&(SpError){.function = function,
                                           .arg_chunk = (SpChunk *)handle,
                                           .arg_size = size,
                                           .arg_flags = flags});
    if (!size)
        return sp_refuse(function, chunk, SPACES_ERR_ALLOC_ZERO, "the size is zero", 0, flags);
    if (flags & ~SP_ALLOC_FLAGS)
        return sp_refuse(function, chunk, SPACES_ERR_BAD_FLAGS, "these flags do not apply", size,
                         flags);
    SpCall call = {.caller = SP_CALLER(),
                   .function = function,
                   .chunk = chunk,
                   .family = SP_FAMILY_CHUNK,
                   .args = {.size = size, .flags = flags}};
    if (chunk->flags & SPACES_CHUNK_ZERO_INIT)
        flags |= SPACES_FLAG_ZERO_INIT;
    return sp_block_alloc(&call, with_reserve(size, flags), 1, flags | SP_ALLOC_WORD);
}

/* What the short way leaves stands apart, so that the short way has no frame to set up. */
static SP_NOINLINE void *alloc_fixed_slow(SpCaller caller, SpacesChunk handle)
{
    const char *function = "spaces_chunk_alloc_fixed";
    SpChunk *chunk = sp_chunk_arg(function, handle);
    if (!chunk)
        return NULL;
    if (!chunk->block_size)
        return sp_refuse(function, chunk, SPACES_ERR_NOT_FIXED_SIZE,
                         "the chunk has no fixed block size", 0, 0);
    SpCall call = {
        .caller = caller, .function = function, .chunk = chunk, .family = SP_FAMILY_FIXED};
    void *block = sp_block_alloc_fixed(&call);
    if (block && (chunk->flags & SPACES_CHUNK_ZERO_INIT))
        memset(block, 0, chunk->fixed_request);
    return block;
}

/* Where nothing is known of the caller, so that there is nothing to hand on either. */
static SP_NOINLINE void *alloc_fixed_plain(SpacesChunk handle)
{
    return alloc_fixed_slow(SP_CALLER(), handle);
}

void *spaces_chunk_alloc_fixed(SpacesChunk handle)
{
    void *quick = sp_open_alloc_fixed(handle);
    if (sp_likely(quick != NULL))
        return quick;
    return SP_DEBUG ? alloc_fixed_slow(SP_CALLER(), handle) : alloc_fixed_plain(handle);
}

static SP_NOINLINE int free_slow(SpCaller caller, void *ptr)
{
    SpCall call = {.caller = caller, .function = "spaces_chunk_free", .family = SP_FAMILY_CHUNK};
    if (!ptr) {
        sp_refuse(call.function, NULL, SPACES_ERR_BAD_POINTER, "the pointer is NULL", 0, 0);
        return 0;
    }
    return sp_block_free(&call, ptr);
}

static SP_NOINLINE int free_plain(void *ptr)
{
    return free_slow(SP_CALLER(), ptr);
}

int spaces_chunk_free(void *ptr)
{
    if (sp_likely(sp_open_free(ptr, false)))
        return 1;
    return SP_DEBUG ? free_slow(SP_CALLER(), ptr) : free_plain(ptr);
}

static SP_NOINLINE int free_fixed_slow(SpCaller caller, void *ptr)
{
    SpCall call = {
        .caller = caller, .function = "spaces_chunk_free_fixed", .family = SP_FAMILY_FIXED};
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status == SPACES_PTR_OK && !view.fixed) {
        sp_refuse_call(&(SpError){.code = SPACES_ERR_NOT_FIXED_SIZE,
                                  .chunk = view.chunk,
                                  .function = call.function,
                                  .detail = "the block is not one of a fixed-size chunk",
                                  .address = ptr,
                                  .size = view.requested,
                                  .arg_ptr = ptr});
        return 0;
    }
    return sp_block_free(&call, ptr);
}

static SP_NOINLINE int free_fixed_plain(void *ptr)
{
    return free_fixed_slow(SP_CALLER(), ptr);
}

int spaces_chunk_free_fixed(void *ptr)
{
    if (sp_likely(sp_open_free(ptr, true)))
        return 1;
    return SP_DEBUG ? free_fixed_slow(SP_CALLER(), ptr) : free_fixed_plain(ptr);
}

static void *refuse_resize(const SpCall *call, const SpBlockView *view, SpacesErrorCode code,
                           const char *detail)
{
    return sp_refuse_call(&(SpError){.code = code,
                                     .chunk = view->chunk,
                                     .function = call->function,
                                     .detail = detail,
                                     .address = view->pointer,
                                     .arg_ptr = call->args.pointer,
                                     .arg_size = call->args.size,
                                     .arg_flags = call->args.flags});
}

void *spaces_chunk_realloc(void *ptr, size_t size, unsigned flags)
{
    SpCall call = {.caller = SP_CALLER(),
                   .function = "spaces_chunk_realloc",
                   .family = SP_FAMILY_CHUNK,
                   .args = {.pointer = ptr, .size = size, .flags = flags}};
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status != SPACES_PTR_OK) {
        sp_block_raise_bad(&call, ptr);
        return NULL;
    }
    if (!size)
        return refuse_resize(&call, &view, SPACES_ERR_ALLOC_ZERO, "the size is zero");
    if (flags & ~SP_REALLOC_FLAGS)
        return refuse_resize(&call, &view, SPACES_ERR_BAD_FLAGS, "these flags do not apply");
    uint64_t old = view.requested;
    if (view.chunk->flags & SPACES_CHUNK_ZERO_INIT)
        flags |= SPACES_FLAG_ZERO_INIT;
    if (!view.fixed && sp_block_resize(&view, size, flags)) {
        if ((flags & SPACES_FLAG_ZERO_INIT) && size > old)
            memset((char *)ptr + old, 0, size - old);
        return ptr;
    }
    if (flags & SPACES_FLAG_RESIZE_IN_PLACE)
        return refuse_resize(&call, &view, SPACES_ERR_RESIZE_FAILED,
                             "the block cannot get this size where it is");
    call.chunk = view.chunk;
    void *block = sp_block_alloc(&call, with_reserve(size, flags), 1, flags | SP_ALLOC_WORD);
    if (!block)
        return NULL;
    memcpy(block, ptr, size < old ? size : old);
    sp_block_free(&call, ptr);
    return block;
}

size_t spaces_chunk_ptr_size(void *ptr)
{
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status == SPACES_PTR_OK)
        return view.size;
    SpCall call = {.caller = SP_CALLER(), .function = "spaces_chunk_ptr_size"};
    sp_block_raise_bad(&call, ptr);
    return SPACES_ERROR_RET;
}

SpacesPointerStatus spaces_chunk_ptr_check(SpacesChunk handle, void *ptr)
{
    SpBlockView view;
    sp_block_find(ptr, &view);
    return handle && (SpacesChunk)view.chunk != handle ? SPACES_PTR_WILD : view.status;
}

/* ---- limits ---------------------------------------------------------------------- */

size_t spaces_chunk_set_ceiling(SpacesChunk handle, size_t ceiling)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_ceiling", handle, ceiling);
    if (!chunk)
        return SPACES_ERROR_RET;
    uint64_t before = sp_load(&chunk->ceiling);
    if (ceiling >= sp_load(&chunk->footprint) && ceiling >= chunk->floor)
        sp_store(&chunk->ceiling, ceiling);
    return before;
}

size_t spaces_chunk_set_floor(SpacesChunk handle, size_t floor)
{
    SpChunk *chunk = sp_chunk_arg_value("spaces_chunk_set_floor", handle, floor);
    if (!chunk)
        return SPACES_ERROR_RET;
    uint64_t before = chunk->floor;
    if (floor <= sp_load(&chunk->ceiling))
        chunk->floor = floor;
    return before;
}

/* ---- locks ----------------------------------------------------------------------- */

/* Other processes wait, too. False where the segment's lock cannot be had: told. */
static bool lock_segment(SpChunk *chunk)
{
    sp_shared_lock(chunk);
    if (sp_shared_is_held(chunk))
        return true;
    sp_unlock(&chunk->own.lock);
    sp_unlock(&chunk->lock);
    SpCall call = {.function = "spaces_chunk_lock", .chunk = chunk};
    sp_block_raise_failure(&call, sp_shared_trouble(chunk)->code, 0, 0);
    return false;
}

int spaces_chunk_lock(SpacesChunk handle)
{
    const char *function = "spaces_chunk_lock";
    SpChunk *chunk = sp_chunk_arg(function, handle);
    if (!chunk)
        return 0;
    if (!chunk->serialized) {
        sp_refuse(function, chunk, SPACES_ERR_LOCK, "the chunk is not serialised", 0, 0);
        return 0;
    }
    uint32_t self = sp_os_thread_id();
    if (sp_load(&chunk->lock_owner) != self) {
        sp_lock(&chunk->lock);
        for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
            if (heap->policy == SP_POLICY_LOCKED)
                sp_lock(&heap->lock);
        if (chunk->shared && !lock_segment(chunk))
            return 0;
        sp_store(&chunk->lock_owner, self);
    }
    chunk->lock_depth++;
    return 1;
}

int spaces_chunk_unlock(SpacesChunk handle)
{
    const char *function = "spaces_chunk_unlock";
    SpChunk *chunk = sp_chunk_arg(function, handle);
    if (!chunk)
        return 0;
    if (sp_load(&chunk->lock_owner) != sp_os_thread_id()) {
        sp_refuse(function, chunk, SPACES_ERR_LOCK, "the chunk is not locked by this thread", 0, 0);
        return 0;
    }
    if (--chunk->lock_depth)
        return 1;
    sp_store(&chunk->lock_owner, 0);
    if (chunk->shared)
        sp_shared_unlock(chunk);
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        if (heap->policy == SP_POLICY_LOCKED)
            sp_unlock(&heap->lock);
    sp_unlock(&chunk->lock);
    return 1;
}
