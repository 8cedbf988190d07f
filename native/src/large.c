/* large.c - see large.h. */
#include "large.h"

#include "../include/spaces.h"
#include "chunk.h"
#include "heap_reclaim.h"
#include "lock.h"
#include "meta.h"
#include "segment.h"

/* SPACES_CHUNK_VIRTUAL_LOCK: a chunk's blocks stay in memory while it has them. */
static bool pinned(const SpChunk *chunk)
{
    return chunk->flags & SPACES_CHUNK_VIRTUAL_LOCK;
}

static void unpin(SpSlab *head)
{
    const SpSegment *segment = sp_segment_of(head);
    uint64_t bytes = segment->kind == SP_SEGMENT_LARGE ? segment->bytes - SP_SLAB_SIZE
                                                       : (uint64_t)head->slabs << SP_SLAB_SHIFT;
    sp_os_unpin(sp_slab_address(head), bytes);
}

static void give_back(SpSlab *head)
{
    if (head->records)
        sp_meta_free(head->records, sizeof(SpRecord));
    head->records = NULL;
    if (sp_segment_of(head)->kind == SP_SEGMENT_LARGE)
        sp_large_segment_free(head);
    else
        sp_run_free(head);
}

SpSlab *sp_large_alloc(SpChunk *chunk, uint64_t size, uint64_t align, int *why)
{
    if (size > UINT64_C(1) << (SP_ADDRESS_BITS - 1)) {
        *why = SPACES_ERR_BLOCK_TOO_BIG;
        return NULL;
    }
    uint64_t footprint = sp_round_up(size, SP_SLAB_SIZE);
    if (!sp_chunk_charge(chunk, footprint)) {
        *why = SPACES_ERR_EXCEEDED_CEILING;
        return NULL;
    }
    uint64_t slabs = footprint >> SP_SLAB_SHIFT;
    SpSlab *head;
    char *data;
    bool direct = footprint > sp_load(&spaces_heap_root.large_threshold);
    if (slabs <= SP_RUN_MAX && align <= SP_SLAB_SIZE && !direct) {
        head = sp_reclaim_run((uint32_t)slabs, false, why);
        data = head ? sp_slab_address(head) : NULL;
    } else {
        head = sp_large_segment_alloc(size, align, &data, why);
    }
    if (head && pinned(chunk) && !sp_os_pin(data, footprint)) {
        give_back(head);
        head = NULL;
        *why = SPACES_ERR_OUT_OF_MEMORY;
    }
    if (head && SP_DEBUG) {
        head->records = sp_meta_alloc(sizeof(SpRecord));
        if (!head->records) {
            give_back(head);
            head = NULL;
            *why = SPACES_ERR_OUT_OF_MEMORY;
        }
    }
    if (!head) {
        sp_chunk_uncharge(chunk, footprint);
        return NULL;
    }
    sp_store(&head->fast_owner, 0);
    head->base = data;
    head->key = 0;
    head->free = SP_LINK_END;
    head->state = SP_STATE_FULL;
    head->used = head->carved = head->capacity = 1;
    head->block_size = 0;
    head->reciprocal = 0;
    head->bin = SP_BIN_COUNT;
    head->shift = 0;
    head->page_shift = SP_SLAB_SHIFT;
    head->heap = &chunk->own;
    head->remote = SP_REMOTE_EMPTY;
    head->next = head->prev = head->pending_next = head->all_prev = NULL;
    head->head_delta = 0;
    head->bytes = footprint;
    sp_lock(&chunk->large_lock);
    head->all_next = chunk->large;
    if (chunk->large)
        chunk->large->all_prev = head;
    chunk->large = head;
    sp_store_release(&head->kind, SP_SLAB_LARGE);
    sp_unlock(&chunk->large_lock);
    sp_add(&chunk->large_count, 1);
    sp_add(&chunk->large_bytes, footprint);
    return head;
}

SpSlab *sp_large_alloc_placed(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                              int *why)
{
    SpSlab *head = sp_large_alloc(chunk, size + align, SP_SLAB_SIZE, why);
    if (!head)
        return NULL;
    uint64_t skip = (0 - ((uintptr_t)head->base + offset)) & (align - 1);
    head->base += skip;
    head->bytes -= skip;
    return head;
}

bool sp_large_free(SpSlab *head)
{
    SpChunk *chunk = head->heap->chunk;
    sp_lock(&chunk->large_lock);
    bool mine = head->kind == SP_SLAB_LARGE;
    if (mine) {
        if (head->all_prev)
            head->all_prev->all_next = head->all_next;
        else
            chunk->large = head->all_next;
        if (head->all_next)
            head->all_next->all_prev = head->all_prev;
        head->kind = SP_SLAB_UNUSED;
    }
    sp_unlock(&chunk->large_lock);
    if (!mine)
        return false;
    sp_sub(&chunk->large_count, 1);
    uint64_t footprint = (uint64_t)head->slabs << SP_SLAB_SHIFT;
    sp_sub(&chunk->large_bytes, footprint);
    sp_chunk_uncharge(chunk, footprint);
    if (pinned(chunk))
        unpin(head);
    give_back(head);
    return true;
}

void sp_large_release_all(SpChunk *chunk)
{
    while (chunk->large)
        sp_large_free(chunk->large);
}
