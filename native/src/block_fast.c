/*
 * block_fast.c - the fast build's blocks: nothing around them. A freed block
 * carries its slab's key in its link, so that a second free is noticed by a
 * compare; a slab is found through the segment map, so that a foreign pointer
 * is never followed.
 */
#include "block.h"

#if !SP_DEBUG

#include <string.h>

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

static bool raise_wrong_thread(const SpCall *call, const SpRawBlock *at)
{
    SpError error = {.kind = SP_KIND_WRONG_THREAD,
                     .code = SPACES_ERR_WRONG_TASK,
                     .chunk = at->slab->heap->chunk,
                     .function = call->function,
                     .address = at->start,
                     .size = at->span,
                     .arg_ptr = at->start};
    sp_error_raise(&error);
    return false;
}

bool sp_block_free(const SpCall *call, void *pointer)
{
    SpRawBlock at;
    if (sp_unlikely(!sp_raw_find(pointer, &at) || at.start != pointer)) {
        sp_block_raise_bad(call, pointer);
        return false;
    }
    SpSlab *slab = at.slab;
    bool small = slab->kind == SP_SLAB_SMALL || slab->kind == SP_SLAB_SPAN;
    if (sp_unlikely(small && is_free(slab, pointer))) {
        sp_block_raise_bad(call, pointer);
        return false;
    }
    if (sp_unlikely(sp_heap_is_foreign(slab->heap)))
        return raise_wrong_thread(call, &at);
    if (sp_likely(sp_raw_free(slab, pointer))) {
        sp_error_flush();
        return true;
    }
    sp_block_raise_bad(call, pointer);
    return false;
}

/* Whether it is one of a chunk's fixed blocks. An area has others beside them,
 * which only their size tells apart. */
static bool is_fixed(const SpRawBlock *at)
{
    uint8_t flags = sp_load(&at->slab->flags);
    return (flags & SP_SLAB_FIXED) &&
           (!(flags & SP_SLAB_AREA) ||
            at->span == sp_round_up(at->slab->heap->chunk->block_size, 1u << SP_MIXED_SHIFT));
}

void sp_block_find(const void *address, SpBlockView *view)
{
    *view = (SpBlockView){.status = SPACES_PTR_WILD};
    SpRawBlock at;
    if (!sp_raw_find(address, &at))
        return;
    view->slab = at.slab;
    view->chunk = at.slab->heap->chunk;
    view->pointer = at.start;
    view->size = view->requested = at.span;
    view->fixed = is_fixed(&at);
    if (at.start != address)
        return;
    bool small = at.slab->kind == SP_SLAB_SMALL || at.slab->kind == SP_SLAB_SPAN;
    bool freed = at.known_free || (small && is_free(at.slab, at.start));
    view->status = freed ? SPACES_PTR_FREE : SPACES_PTR_OK;
}

bool sp_block_resize(SpBlockView *view, uint64_t size, unsigned flags)
{
    if (view->slab->kind == SP_SLAB_MIXED) {
        uint64_t before = view->size;
        bool done = sp_raw_resize(view->slab, view->pointer, size, flags);
        sp_error_flush();
        SpRawBlock at;
        if (!done || !sp_raw_find(view->pointer, &at))
            return false;
        view->size = at.span;
        if ((flags & SPACES_FLAG_ZERO_INIT) && at.span > before)
            memset(view->pointer + before, 0, at.span - before);
        return true;
    }
    if (size > view->size)
        return false;
    /* Shrinking moves where that frees at least half of more than a slab. */
    return view->slab->kind != SP_SLAB_LARGE || size > view->size / 2;
}

void sp_block_tell_origin(const void *pointer, SpError *error)
{
    (void)pointer;
    (void)error;
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
