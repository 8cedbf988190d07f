/*
 * block_fast.c - the fast build's blocks: nothing around them. A freed block
 * carries its slab's key in its link, so that a second free is noticed by a
 * compare; a slab is found through the segment map, so that a foreign pointer
 * is never followed.
 */
#include "block.h"

#if !SP_DEBUG

#include "chunk.h"
#include "error.h"
#include "heap.h"
#include "raw.h"
#include "remote.h"

void *sp_block_alloc_placed(const SpCall *call, uint64_t size, uint64_t align, uint64_t offset,
                            unsigned flags)
{
    bool placed = offset & (align - 1);
    for (int tries = 0;; tries++) {
        int why;
        void *block = placed ? sp_raw_alloc_placed(call->chunk, size, align, offset, flags, &why)
                             : sp_raw_alloc(call->chunk, size, align, flags, &why);
        sp_error_flush();
        if (sp_likely(block))
            return block;
        if (call->chunk && why == SPACES_ERR_EXCEEDED_CEILING && tries == 0 &&
            !(flags & SPACES_FLAG_NO_COMPACT) && sp_chunk_shrink(call->chunk))
            continue;
        if (!sp_block_raise_failure(call, why, size, flags) || tries >= SP_MAX_RETRIES)
            return NULL;
    }
}

void *sp_block_alloc(const SpCall *call, uint64_t size, uint64_t align, unsigned flags)
{
    return sp_block_alloc_placed(call, size, align, 0, flags);
}

void *sp_block_alloc_fixed(const SpCall *call)
{
    for (int tries = 0;; tries++) {
        int why;
        void *block = sp_raw_alloc_fixed(call->chunk, &why);
        sp_error_flush();
        if (sp_likely(block))
            return block;
        if (!sp_block_raise_failure(call, why, call->chunk->block_size, 0) ||
            tries >= SP_MAX_RETRIES)
            return NULL;
    }
}

static bool is_free(const SpSlab *slab, const void *block)
{
    return sp_slab_looks_free(slab, block) &&
           (sp_slab_is_free(slab, block) || sp_remote_holds(slab, block));
}

bool sp_block_free(const SpCall *call, void *pointer)
{
    SpSlab *slab = sp_slab_find(pointer);
    if (sp_unlikely(!slab || sp_raw_block_of(slab, pointer) != pointer ||
                    (slab->kind != SP_SLAB_LARGE &&
                     sp_slab_index(slab, pointer) >= sp_load(&slab->carved)))) {
        sp_block_raise_bad(call, pointer);
        return false;
    }
    if (slab->kind == SP_SLAB_LARGE) {
        if (sp_likely(sp_raw_free(slab, pointer)))
            return true;
        sp_block_raise_bad(call, pointer);
        return false;
    }
    if (sp_unlikely(is_free(slab, pointer))) {
        sp_block_raise_bad(call, pointer);
        return false;
    }
    SpHeap *heap = slab->heap;
    if (sp_unlikely(sp_heap_is_foreign(heap))) {
        SpError error = {.kind = SP_KIND_WRONG_THREAD,
                         .code = SPACES_ERR_WRONG_TASK,
                         .chunk = heap->chunk,
                         .function = call->function,
                         .address = pointer,
                         .size = slab->block_size,
                         .arg_ptr = pointer};
        sp_error_raise(&error);
        return false;
    }
    sp_heap_free(slab, pointer);
    return true;
}

void sp_block_find(const void *address, SpBlockView *view)
{
    *view = (SpBlockView){.status = SPACES_PTR_WILD};
    SpSlab *slab = sp_slab_find(address);
    if (!slab || (const char *)address < slab->base)
        return;
    uint32_t index = slab->kind == SP_SLAB_LARGE ? 0 : sp_slab_index(slab, address);
    if (index >= sp_load(&slab->carved))
        return;
    char *block = slab->base + (uint64_t)index * slab->block_size;
    uint64_t size = sp_raw_size(slab);
    if ((uint64_t)((const char *)address - block) >= size)
        return;
    view->slab = slab;
    view->chunk = slab->heap->chunk;
    view->pointer = block;
    view->size = view->requested = size;
    view->fixed = (sp_load(&slab->flags) & SP_SLAB_FIXED) != 0;
    if (block != address)
        return;
    view->status =
        slab->kind != SP_SLAB_LARGE && is_free(slab, block) ? SPACES_PTR_FREE : SPACES_PTR_OK;
}

bool sp_block_resize(const SpBlockView *view, uint64_t size)
{
    if (size > view->size)
        return false;
    /* Shrinking moves where that frees at least half of more than a slab. */
    return view->slab->kind != SP_SLAB_LARGE || size > view->size / 2;
}

void sp_block_forget_chunk(const SpChunk *chunk)
{
    (void)chunk;
}

void sp_block_fork_lock(void) {}
void sp_block_fork(bool child)
{
    (void)child;
}

#endif
