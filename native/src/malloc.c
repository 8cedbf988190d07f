/*
 * malloc.c - the malloc family, under spaces_* names and, unless
 * SPACES_NO_MALLOC is defined, under libc's own. The fast path is all here:
 *
 *   malloc: size -> the thread's current slab for it (table) -> first block
 *   free:   address -> slab header (table) -> mine? -> first block
 *
 * Anything unusual (no heap yet, list empty, another thread's block, damage)
 * leaves it by one compare.
 */
#include <errno.h>
#include <string.h>

#include "../include/spaces.h"
#include "block.h"
#include "chunk.h"
#include "classes.h"
#include "error.h"
#include "heap.h"
#include "malloc.h"
#include "raw.h"
#include "remote.h"

#define CALL(name, fam) ((SpCall){.function = (name), .caller = SP_CALLER(), .family = (fam)})

/* Where the default chunk's memory is to be zeroed, no thread has a heap of it: its malloc comes
 * here, and gets this flag. */
static unsigned zeroing(SpCall *call)
{
    if (sp_likely(sp_thread_heap != &sp_no_heap) || call->chunk)
        return 0;
    SpChunk *chunk = sp_chunk_default();
    if (!chunk || !(chunk->flags & SPACES_CHUNK_ZERO_INIT))
        return 0;
    call->chunk = chunk;
    return SPACES_FLAG_ZERO_INIT;
}

void *sp_malloc_slow(size_t size, uint8_t family, const char *function)
{
    int saved = errno;
    if (!SP_DEBUG) {
        void *block = sp_heap_malloc(sp_thread_heap, size);
        sp_error_flush();
        if (sp_likely(block != NULL)) {
            errno = saved;
            return block;
        }
    }
    SpCall call = CALL(function, family);
    /* No memory is that large: probing for a limit is no error worth telling. */
    call.quiet = size > (size_t)1 << (SP_ADDRESS_BITS - 1);
    void *block = sp_block_alloc(&call, SP_DEBUG || size ? size : 1, 1, zeroing(&call));
    errno = block ? saved : ENOMEM;
    return block;
}

static SP_NOINLINE void free_in_full(void *pointer, uint8_t family, const char *function)
{
    int saved = errno;
    SpCall call = CALL(function, family);
    sp_block_free(&call, pointer);
    errno = saved;
}

void sp_free_slow(void *pointer, uint8_t family, const char *function)
{
    if (pointer && !sp_remote_free(pointer))
        free_in_full(pointer, family, function);
}

void *spaces_malloc(size_t size)
{
    return sp_malloc(size, SP_FAMILY_MALLOC, "malloc");
}

void spaces_free(void *ptr)
{
    sp_free(ptr, SP_FAMILY_MALLOC, "free");
}

void *spaces_calloc(size_t nobj, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(nobj, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    void *quick = sp_malloc_quick(total);
    if (sp_likely(quick != NULL))
        return memset(quick, 0, total);
    int saved = errno;
    SpCall call = CALL("calloc", SP_FAMILY_MALLOC);
    call.quiet = total > (size_t)1 << (SP_ADDRESS_BITS - 1);
    call.args = (SpArgs){.size = size, .count = nobj};
    void *block = sp_block_alloc(&call, SP_DEBUG || total ? total : 1, 1, SPACES_FLAG_ZERO_INIT);
    errno = block ? saved : ENOMEM;
    return block;
}

void *spaces_realloc(void *ptr, size_t size)
{
    if (!ptr)
        return sp_malloc(size, SP_FAMILY_MALLOC, "realloc");
    if (!size) {
        sp_free(ptr, SP_FAMILY_MALLOC, "realloc");
        return NULL;
    }
    int saved = errno;
    SpCall call = CALL("realloc", SP_FAMILY_MALLOC);
    call.args = (SpArgs){.pointer = ptr, .size = size};
    call.quiet = size > (size_t)1 << (SP_ADDRESS_BITS - 1);
    SpBlockView view;
    sp_block_find(ptr, &view);
    if (view.status != SPACES_PTR_OK) {
        sp_block_raise_bad(&call, ptr);
        errno = EINVAL;
        return NULL;
    }
    if (!SP_DEBUG && sp_block_resize(&view, size, 0) && size >= view.size / 2)
        return ptr;
    /* A user chunk's block stays in its chunk. */
    if (view.chunk->kind != SP_CHUNK_DEFAULT && view.chunk->kind != SP_CHUNK_THREAD)
        call.chunk = view.chunk;
    void *block = sp_block_alloc(&call, size, 1, zeroing(&call));
    if (block) {
        memcpy(block, ptr, size < view.size ? size : view.size);
        call.chunk = NULL;
        sp_block_free(&call, ptr);
    }
    errno = block ? saved : ENOMEM;
    return block;
}

void *sp_aligned(size_t alignment, size_t size, uint8_t family, const char *function)
{
    if (!sp_is_power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    int saved = errno;
    SpCall call = CALL(function, family);
    call.args = (SpArgs){.size = size, .count = alignment};
    call.quiet = (size | alignment) > (size_t)1 << (SP_ADDRESS_BITS - 1);
    void *block = sp_block_alloc(&call, SP_DEBUG || size ? size : 1, alignment, zeroing(&call));
    errno = block ? saved : ENOMEM;
    return block;
}

void *spaces_memalign(size_t alignment, size_t size)
{
    return sp_aligned(alignment, size, SP_FAMILY_MALLOC, "memalign");
}

size_t spaces_usable_size(void *ptr)
{
    SpBlockView view;
    if (!ptr)
        return 0;
    sp_block_find(ptr, &view);
    return view.status == SPACES_PTR_OK ? view.size : 0;
}

void spaces_thread_cleanup(void)
{
    sp_heap_detach(false);
}
