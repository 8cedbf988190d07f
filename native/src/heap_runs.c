/* heap_runs.c - see heap_runs.h. */
#include "heap_runs.h"

#include "../include/spaces.h"
#include "chunk.h"
#include "heap.h"
#include "heap_reclaim.h"
#include "lock.h"
#include "os.h"

/* ---- a heap's runs ------------------------------------------------------- */

void sp_heap_hold_runs(SpHeap *heap)
{
    if (heap->policy == SP_POLICY_THREAD)
        sp_lock(&heap->lock);
}

void sp_heap_let_go_runs(SpHeap *heap)
{
    if (heap->policy == SP_POLICY_THREAD)
        sp_unlock(&heap->lock);
}

void sp_heap_add_run(SpHeap *heap, SpSlab *slab)
{
    sp_heap_hold_runs(heap);
    slab->all_prev = NULL;
    slab->all_next = heap->slabs;
    if (heap->slabs)
        heap->slabs->all_prev = slab;
    sp_store_release(&heap->slabs, slab);
    sp_heap_let_go_runs(heap);
}

void sp_heap_remove_run(SpHeap *heap, SpSlab *slab)
{
    sp_heap_hold_runs(heap);
    if (slab->all_prev)
        slab->all_prev->all_next = slab->all_next;
    else
        heap->slabs = slab->all_next;
    if (slab->all_next)
        slab->all_next->all_prev = slab->all_prev;
    slab->all_next = slab->all_prev = NULL;
    sp_heap_let_go_runs(heap);
}

/* ---- accounting -------------------------------------------------------- */

bool sp_heap_account(SpHeap *heap, SpSlab *slab, uint32_t blocks)
{
    uint64_t need =
        sp_round_up((uint64_t)blocks * slab->block_size, UINT64_C(1) << slab->page_shift);
    uint64_t run = (uint64_t)slab->slabs << SP_SLAB_SHIFT;
    if (need > run)
        need = run;
    if (need <= slab->bytes)
        return true;
    if (!sp_chunk_charge(heap->chunk, need - slab->bytes))
        return false;
    sp_add(&heap->footprint, need - slab->bytes);
    slab->bytes = need;
    return true;
}

static void unaccount(SpHeap *heap, SpSlab *slab)
{
    sp_chunk_uncharge(heap->chunk, slab->bytes);
    sp_sub(&heap->footprint, slab->bytes);
    slab->bytes = 0;
}

/* ---- slabs come and go -------------------------------------------------- */

/* SPACES_CHUNK_VIRTUAL_LOCK: a chunk's slabs stay in memory while it has them. */
static bool pinned(const SpChunk *chunk)
{
    return chunk->flags & SPACES_CHUNK_VIRTUAL_LOCK;
}

static SpSlab *run_take(SpChunk *chunk, uint32_t slabs, bool light, int *why)
{
    SpSlab *slab = sp_reclaim_run(slabs, light, why);
    if (slab && pinned(chunk) && !sp_os_pin(sp_slab_address(slab), slabs * SP_SLAB_SIZE)) {
        sp_run_free(slab);
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    return slab;
}

void sp_heap_return_run(SpHeap *heap, SpSlab *slab)
{
    unaccount(heap, slab);
    if (pinned(heap->chunk))
        sp_os_unpin(sp_slab_address(slab), slab->slabs * SP_SLAB_SIZE);
    sp_run_free(slab);
}

void sp_heap_give_run(SpHeap *heap, SpSlab *slab)
{
    slab->kind = SP_SLAB_UNUSED;
    sp_heap_return_run(heap, slab);
}

static void empty_add(SpHeap *heap, SpSlab *slab)
{
    heap->retained += slab->bytes;
    slab->next = heap->empty;
    heap->empty = slab;
}

void sp_heap_retire(SpHeap *heap, SpSlab *slab)
{
    SpChunk *chunk = heap->chunk;
    sp_heap_remove_run(heap, slab);
    bool keep = slab->slabs == 1 && slab->bytes &&
                (heap->retained + slab->bytes <= chunk->free_bytes ||
                 sp_load(&chunk->footprint) - slab->bytes < chunk->floor);
    sp_slab_unformat(slab);
    if (keep)
        empty_add(heap, slab);
    else
        sp_heap_return_run(heap, slab);
}

bool sp_heap_grow(SpHeap *heap, int *why)
{
    if (!sp_chunk_charge(heap->chunk, SP_SLAB_SIZE)) {
        *why = SPACES_ERR_EXCEEDED_CEILING;
        return false;
    }
    SpSlab *slab = run_take(heap->chunk, 1, false, why);
    if (!slab) {
        sp_chunk_uncharge(heap->chunk, SP_SLAB_SIZE);
        return false;
    }
    slab->heap = heap;
    slab->bytes = SP_SLAB_SIZE;
    sp_add(&heap->footprint, SP_SLAB_SIZE);
    empty_add(heap, slab);
    return true;
}

SpSlab *sp_heap_take_run(SpHeap *heap, uint32_t slabs, bool light, bool grow, int *why)
{
    SpSlab *slab = heap->empty;
    if (slabs == 1 && slab) {
        heap->empty = slab->next;
        heap->retained -= slab->bytes;
        return slab;
    }
    if (!grow) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    slab = run_take(heap->chunk, slabs, light, why);
    if (!slab)
        return NULL;
    slab->bytes = 0;
    return slab;
}

void sp_heap_grow_by_increment(SpHeap *heap, const SpSlab *taken)
{
    int ignored;
    uint64_t more = heap->chunk->grow_increment >> SP_SLAB_SHIFT;
    while (more-- > taken->slabs && sp_heap_grow(heap, &ignored)) {
    }
}

/* Most of a thread's classes never fill a slab. */
static bool is_light(const SpHeap *heap, unsigned bin, uint32_t slabs)
{
    return slabs == 1 && heap->policy == SP_POLICY_THREAD && !pinned(heap->chunk) &&
           !(heap->filled[bin / 64] >> bin % 64 & 1);
}

SpSlab *sp_heap_new_slab(SpHeap *heap, unsigned bin, uint32_t block_size, int *why)
{
    uint32_t slabs = sp_slabs_for(block_size);
    SpSlab *slab = sp_heap_take_run(heap, slabs, is_light(heap, bin, slabs), true, why);
    if (!slab)
        return NULL;
    bool fresh = !slab->bytes;
    if (!fresh)
        unaccount(heap, slab); /* counted anew, page by page */
    if (!sp_slab_format(slab, heap, bin, block_size)) {
        slab->kind = SP_SLAB_UNUSED;
        sp_heap_return_run(heap, slab);
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    sp_heap_add_run(heap, slab);
    if (fresh && sp_heap_account(heap, slab, 1))
        sp_heap_grow_by_increment(heap, slab);
    return slab;
}
