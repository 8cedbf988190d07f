/* heap.c - see heap.h. */
#include "heap.h"

#include <string.h>

#include "../include/spaces.h"
#include "chunk.h"
#include "error.h"
#include "heap_mixed.h"
#include "heap_reclaim.h"
#include "heap_runs.h"
#include "lock.h"
#include "meta.h"
#include "remote.h"
#include "root.h"
#include "shared.h"

/* Blocks linked at a time: a page's worth, so that a slab's memory is touched as it is needed. */
#define CARVE_BYTES 4096u
/* A parked heap keeps the empty slab of a bin of which no more pages were used. */
#define PARKED_PAGES 4u

static SpSlab *no_direct[SP_DIRECT_COUNT] = {[0 ... SP_DIRECT_COUNT - 1] = &sp_no_room};
SpHeap sp_no_heap = {.bins = {[0 ... SP_BIN_COUNT - 1] = &sp_no_slab}, .direct = no_direct};
SP_TLS SpHeap *sp_thread_heap = &sp_no_heap;
SP_TLS SpSlab **sp_thread_direct = no_direct;

void sp_heap_init(SpHeap *heap, SpChunk *chunk, uint32_t policy)
{
    for (unsigned bin = 0; bin < SP_BIN_COUNT; bin++)
        heap->bins[bin] = &sp_no_slab;
    heap->chunk = chunk;
    heap->policy = policy;
    sp_store(&heap->state, SP_HEAP_ACTIVE);
}

static void drop_thread_parts(SpHeap *heap)
{
    if (heap->direct)
        sp_meta_free(heap->direct, SP_DIRECT_COUNT * sizeof *heap->direct);
    if (heap->parcels)
        sp_meta_free(heap->parcels, sizeof *heap->parcels);
    heap->direct = NULL;
    heap->parcels = NULL;
}

bool sp_heap_add_thread_parts(SpHeap *heap)
{
    if (SP_DEBUG)
        return true;
    SpSlab **direct = sp_meta_alloc(SP_DIRECT_COUNT * sizeof *direct);
    SpParcels *parcels = sp_meta_alloc(sizeof *parcels);
    if (direct)
        heap->direct = memcpy(direct, no_direct, sizeof no_direct);
    sp_store_release(&heap->parcels, parcels);
    if (direct && parcels)
        return true;
    drop_thread_parts(heap);
    return false;
}

/* Let malloc's short way take a bin's blocks from the slab, or not at all: NULL. */
static void serve(SpHeap *heap, unsigned bin, SpSlab *slab)
{
    SpSlab **entry = heap->direct + sp_direct_first[bin];
    for (unsigned i = 0; i < sp_direct_count[bin]; i++)
        entry[i] = slab ? slab : &sp_no_room;
}

static bool is_serving(const SpHeap *heap, unsigned bin, const SpSlab *slab)
{
    return sp_direct_count[bin] && heap->direct[sp_direct_first[bin]] == slab;
}

/* ---- lists ------------------------------------------------------------- */

/* Last in the list: by the time it is the first, more of its blocks have come back, and a slab
 * becomes current for many blocks, not for one. The first one's `prev` is the last. */
static void partial_add(SpHeap *heap, SpSlab *slab)
{
    SpSlab *first = heap->partial[slab->bin];
    sp_store(&slab->state, SP_STATE_PARTIAL);
    slab->next = NULL;
    if (first) {
        slab->prev = first->prev;
        first->prev->next = slab;
        first->prev = slab;
    } else {
        slab->prev = slab;
        heap->partial[slab->bin] = slab;
    }
}

static void partial_remove(SpHeap *heap, SpSlab *slab)
{
    SpSlab *first = heap->partial[slab->bin];
    if (slab == first)
        heap->partial[slab->bin] = slab->next;
    else
        slab->prev->next = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    else if (slab != first)
        first->prev = slab->prev;
    slab->next = slab->prev = NULL;
    sp_store(&slab->state, SP_STATE_NONE);
}

/* Frees may take the short way: only small slabs that no lock guards, never in the debug build. */
static uint64_t fast_owner_of(const SpSlab *slab, SpHeap *heap)
{
    if (SP_DEBUG || slab->kind != SP_SLAB_SMALL)
        return 0;
    switch (heap->policy) {
    case SP_POLICY_THREAD:
        return sp_fast_owner(slab->base, heap);
    case SP_POLICY_OPEN:
        return sp_open_owner(slab->base, heap, slab->flags & SP_SLAB_FIXED);
    default:
        return 0;
    }
}

void sp_heap_set_policy(SpHeap *heap, uint32_t policy)
{
    heap->policy = policy;
    for (SpSlab *slab = heap->slabs; slab; slab = slab->all_next)
        if (slab->state == SP_STATE_CURRENT || slab->state == SP_STATE_PARTIAL)
            sp_store(&slab->fast_owner, fast_owner_of(slab, heap));
}

/* Link more of a slab's blocks; without `grow` only those in pages that are counted already. */
static bool slab_carve(SpHeap *heap, SpSlab *slab, bool grow)
{
    uint32_t room = slab->capacity - slab->carved;
    if (!room)
        return false;
    uint32_t count = CARVE_BYTES / slab->block_size;
    if (!count)
        count = 1;
    if (count > room)
        count = room;
    if (!grow || !sp_heap_account(heap, slab, slab->carved + count)) {
        /* What the pages already counted still hold. */
        uint64_t fits = slab->bytes / slab->block_size;
        if (fits <= slab->carved)
            return false;
        if (count > fits - slab->carved)
            count = (uint32_t)fits - slab->carved;
    }
    return sp_slab_carve(slab, count) > 0;
}

/* Slabs that others freed into since they were declared full. */
void sp_heap_drain(SpHeap *heap)
{
    if (!sp_load(&heap->pending))
        return;
    SpSlab *slab = (SpSlab *)(uintptr_t)sp_exchange(&heap->pending, 0);
    while (slab) {
        SpSlab *next = slab->pending_next;
        slab->pending_next = NULL;
        sp_store(&slab->flags, (uint8_t)(slab->flags & ~SP_SLAB_NOTICE));
        sp_slab_collect(slab);
        if (slab->state == SP_STATE_FULL) {
            partial_add(heap, slab);
            sp_store(&slab->fast_owner, fast_owner_of(slab, heap));
        }
        if (slab->state == SP_STATE_PARTIAL && slab->used == 0) {
            partial_remove(heap, slab);
            sp_heap_retire(heap, slab);
        }
        slab = next;
    }
}

void sp_heap_put_pending(SpHeap *heap, SpSlab *first, SpSlab *last)
{
    uint64_t old = sp_load(&heap->pending);
    do
        last->pending_next = (SpSlab *)(uintptr_t)old;
    while (!sp_cas(&heap->pending, &old, (uint64_t)(uintptr_t)first));
}

/* A free list whose next link is not ours: give the list up, tell once no lock is held. */
static SP_COLD void list_damaged(SpSlab *slab)
{
    void *block = sp_slab_block(slab, slab->free);
    slab->free = SP_LINK_END;
    sp_error_defer_damage(slab->heap->chunk, block, slab->block_size);
}

/* ---- allocation --------------------------------------------------------- */

/* Make the bin's current slab one that has a free block. */
static bool refill(SpHeap *heap, unsigned bin, uint32_t block_size, unsigned flags, int *why)
{
    SpSlab *slab = heap->bins[bin];
    bool grow = !(flags & SPACES_FLAG_NO_GROW);
    if (slab != &sp_no_slab) {
        if (slab->free != SP_LINK_END)
            list_damaged(slab);
        if (sp_slab_collect(slab) || slab_carve(heap, slab, grow))
            return true;
        if (!sp_slab_declare_full(slab))
            return true;
        heap->filled[bin / 64] |= UINT64_C(1) << bin % 64;
        sp_store(&slab->fast_owner, 0);
        heap->bins[bin] = &sp_no_slab;
        if (heap->direct)
            serve(heap, bin, NULL);
        sp_store_folded(&slab->used, slab->used - 1);
        /* From here on another thread may take it (heap_reclaim.h). */
        sp_store_release(&slab->state, SP_STATE_FULL);
    }
    sp_heap_drain(heap);
    slab = heap->partial[bin];
    if (slab) {
        partial_remove(heap, slab);
    } else if (!grow && (!heap->empty || sp_slabs_for(block_size) > 1)) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return false;
    } else {
        slab = sp_heap_new_slab(heap, bin, block_size, why);
        if (!slab)
            return false;
        if (!grow)
            sp_heap_account(heap, slab, slab->capacity); /* as it was, kept empty */
        if (!slab_carve(heap, slab, true)) {
            sp_heap_retire(heap, slab);
            *why = SPACES_ERR_EXCEEDED_CEILING;
            return false;
        }
    }
    sp_store(&slab->state, SP_STATE_CURRENT);
    sp_store_folded(&slab->used, slab->used + 1);
    sp_store(&slab->fast_owner, fast_owner_of(slab, heap));
    heap->bins[bin] = slab;
    return true;
}

/* Link more blocks of a slab that has none left, of memory that is already counted. */
static bool replenish(SpHeap *heap, SpSlab *slab)
{
    return sp_slab_collect(slab) || slab_carve(heap, slab, false);
}

void *sp_heap_alloc(SpHeap *heap, unsigned bin, uint32_t block_size, unsigned flags, int *why)
{
    void *block = sp_slab_pop(heap->bins[bin]);
    /* A damaged list costs a round more; damage is bounded by the slab's blocks. */
    while (!block) {
        if (!refill(heap, bin, block_size, flags, why))
            return NULL;
        block = sp_slab_pop(heap->bins[bin]);
    }
    if (heap->direct) {
        SpSlab *slab = heap->bins[bin];
        bool has = slab->free != SP_LINK_END || replenish(heap, slab);
        if (has != is_serving(heap, bin, slab))
            serve(heap, bin, has ? slab : NULL);
    }
    return block;
}

void *sp_heap_malloc(SpHeap *heap, size_t size)
{
    if (size - 1 >= SP_SMALL_MAX || heap == &sp_no_heap || size > heap->chunk->bin_max)
        return NULL;
    int why;
    unsigned bin = sp_malloc_bin[(size + 7) / 8];
    return sp_heap_alloc(heap, bin, sp_bin_size[bin], 0, &why);
}

bool sp_heap_reserve(SpHeap *heap, unsigned bin, uint32_t block_size, uint64_t count, int *why)
{
    while (count) {
        SpSlab *slab = sp_heap_new_slab(heap, bin, block_size, why);
        if (!slab)
            return false;
        uint32_t blocks = count < slab->capacity ? (uint32_t)count : slab->capacity;
        if (!sp_heap_account(heap, slab, blocks)) {
            sp_heap_retire(heap, slab);
            *why = SPACES_ERR_EXCEEDED_CEILING;
            return false;
        }
        sp_slab_carve(slab, blocks);
        partial_add(heap, slab);
        count -= blocks;
    }
    return true;
}

void sp_heap_close_bins(SpHeap *heap)
{
    for (unsigned bin = 0; bin < SP_BIN_FIXED; bin++) {
        SpSlab *slab = heap->bins[bin];
        if (slab == &sp_no_slab)
            continue;
        heap->bins[bin] = &sp_no_slab;
        if (heap->direct)
            serve(heap, bin, NULL);
        slab->used--;
        partial_add(heap, slab);
        sp_store(&slab->fast_owner, fast_owner_of(slab, heap));
        if (slab->used == 0)
            sp_heap_free_last(slab);
    }
}

/* ---- free --------------------------------------------------------------- */

void sp_heap_free_local(SpSlab *slab, void *block)
{
    SpHeap *heap = slab->heap;
    if (sp_unlikely(slab->kind == SP_SLAB_MIXED)) {
        sp_heap_mixed_free(slab, block);
        return;
    }
    if (slab->state == SP_STATE_FULL) {
        sp_store(&slab->state, SP_STATE_PARTIAL);
        sp_slab_withdraw_full(slab);
        sp_reclaim_wait(slab);
        partial_add(heap, slab);
        sp_store(&slab->fast_owner, fast_owner_of(slab, heap));
    }
    sp_slab_push(slab, block);
    if (slab->used == 0)
        sp_heap_free_last(slab);
}

void sp_heap_free_last(SpSlab *slab)
{
    if (slab->state == SP_STATE_PARTIAL && !(slab->flags & SP_SLAB_NOTICE)) {
        partial_remove(slab->heap, slab);
        sp_heap_retire(slab->heap, slab);
    }
}

void sp_heap_free_chain(SpSlab *slab, uint32_t head, uint32_t tail, uint32_t count)
{
    if (sp_slab_push_remote(slab, head, tail, count))
        sp_heap_put_pending(slab->heap, slab, slab);
}

void sp_heap_free(SpSlab *slab, void *block)
{
    SpHeap *heap = slab->heap;
    switch (heap->policy) {
    case SP_POLICY_THREAD:
        if (heap == sp_thread_heap || heap->chunk->kind == SP_CHUNK_THREAD)
            sp_heap_free_local(slab, block);
        else
            sp_heap_free_chain(slab, sp_slab_link(slab, block), sp_slab_link(slab, block), 1);
        break;
    case SP_POLICY_LOCKED: {
        bool locked = sp_heap_lock(heap);
        sp_heap_free_local(slab, block);
        sp_heap_unlock(heap, locked);
        break;
    }
    default:
        sp_heap_free_local(slab, block);
    }
}

/* ---- locks -------------------------------------------------------------- */

bool sp_heap_lock(SpHeap *heap)
{
    if (heap->policy != SP_POLICY_LOCKED)
        return false;
    if (sp_unlikely(sp_load(&heap->chunk->lock_owner)) &&
        sp_load(&heap->chunk->lock_owner) == sp_os_thread_id())
        return false;
    sp_lock(&heap->lock);
    if (sp_unlikely(heap->chunk->shared))
        sp_shared_lock(heap->chunk);
    return true;
}

void sp_heap_unlock(SpHeap *heap, bool locked)
{
    if (!locked)
        return;
    if (sp_unlikely(heap->chunk->shared))
        sp_shared_unlock(heap->chunk);
    sp_unlock(&heap->lock);
}

/* ---- giving back --------------------------------------------------------- */

/* A current slab none of whose blocks is live leaves its bin, if more than `least` pages of it
 * were ever used. */
static void retire_current(SpHeap *heap, unsigned bin, uint32_t least)
{
    SpSlab *slab = heap->bins[bin];
    if (slab == &sp_no_slab || slab->touched <= least)
        return;
    sp_slab_collect(slab);
    if (slab->used != 1 || slab->flags & SP_SLAB_NOTICE)
        return;
    slab->state = SP_STATE_NONE;
    slab->used = 0;
    sp_store(&slab->fast_owner, 0);
    heap->bins[bin] = &sp_no_slab;
    if (heap->direct)
        serve(heap, bin, NULL);
    sp_heap_retire(heap, slab);
}

static uint64_t shrink(SpHeap *heap, uint32_t least)
{
    uint64_t given = 0;
    sp_heap_drain(heap);
    for (unsigned bin = 0; bin < SP_BIN_COUNT; bin++)
        retire_current(heap, bin, least);
    while (heap->empty) {
        SpSlab *slab = heap->empty;
        if (sp_load(&heap->chunk->footprint) - slab->bytes < heap->chunk->floor)
            break;
        heap->empty = slab->next;
        heap->retained -= slab->bytes;
        given += slab->bytes;
        sp_heap_return_run(heap, slab);
    }
    return given;
}

uint64_t sp_heap_shrink(SpHeap *heap)
{
    return sp_heap_mixed_shrink(heap) + shrink(heap, 0);
}

void sp_heap_park(SpHeap *heap)
{
    shrink(heap, PARKED_PAGES);
}

void sp_heap_release_all(SpHeap *heap)
{
    for (SpSlab *slab = heap->slabs, *next; slab; slab = next) {
        next = slab->all_next;
        if (slab->flags & SP_SLAB_AREA)
            continue; /* not of the pool */
        sp_slab_unformat(slab);
        sp_heap_return_run(heap, slab);
    }
    for (SpSlab *slab = heap->empty, *next; slab; slab = next) {
        next = slab->next;
        sp_heap_return_run(heap, slab);
    }
    heap->slabs = heap->empty = heap->v3 = NULL;
    for (unsigned i = 0; i < SP_MIXED_BUCKETS; i++)
        heap->mixed[i] = NULL;
    heap->retained = 0;
    drop_thread_parts(heap);
}
