/* heap_reclaim.c - see heap_reclaim.h. */
#include "heap_reclaim.h"

#include "../include/spaces.h"
#include "chunk.h"
#include "heap.h"
#include "heap_runs.h"
#include "lock.h"
#include "root.h"
#include "segment.h"

/* Slabs looked at, at most, before the pool grows. */
#define LOOKS 512u
/* A run from the system costs at least what so many looks cost. */
#define LOOKS_A_RUN 16u

const SpSlab *sp_reclaim_looks_at;

static uint32_t reclaim_lock;
/* Looks that were made and not yet paid for by runs that the pool had to grow for. */
static uint32_t debt;

/* The owner's part: what others freed in partial slabs, which nobody is told of. */
static uint32_t settle(SpHeap *heap)
{
    uint32_t looks = 0;
    for (SpSlab *slab = heap->slabs, *next; slab; slab = next, looks++) {
        next = slab->all_next;
        if (slab->state == SP_STATE_PARTIAL && sp_slab_collect(slab) && slab->used == 0)
            sp_heap_free_last(slab);
    }
    sp_heap_park(heap);
    return looks;
}

/* Parked heaps are everybody's: have them out of the list, settle the first ones. */
static uint32_t settle_parked(uint32_t looks, uint32_t most)
{
    SpHeap *all = sp_heap_take_parked(), *heap = all, *last = NULL;
    for (; heap && looks < most; heap = heap->parked) {
        looks += settle(heap);
        last = heap;
    }
    if (heap && last) { /* the others' turn comes next */
        SpHeap *end = heap;
        while (end->parked)
            end = end->parked;
        last->parked = NULL;
        end->parked = all;
        all = heap;
    }
    sp_heap_put_parked(all);
    return looks;
}

/* Whether a slab off somebody's pending list is nobody's now. Where it is, it stays so. */
static bool is_idle(const SpChunk *chunk, const SpSlab *slab)
{
    (void)__atomic_exchange_n(&sp_reclaim_looks_at, slab, __ATOMIC_SEQ_CST);
    bool idle = sp_load_acquire(&slab->state) == SP_STATE_FULL && slab->kind != SP_SLAB_MIXED &&
                SP_REMOTE_COUNT(sp_load_acquire(&slab->remote)) == sp_load(&slab->used) &&
                sp_load(&chunk->footprint) >= chunk->floor + slab->bytes;
    sp_store_release(&sp_reclaim_looks_at, NULL);
    return idle;
}

/* Take the idle slabs off another thread's pending list. */
static uint32_t take_pending(SpHeap *heap)
{
    if (!sp_load(&heap->pending))
        return 0;
    uint32_t looks = 0;
    SpSlab *slab = (SpSlab *)(uintptr_t)sp_exchange(&heap->pending, 0), *kept = NULL, *last = NULL;
    for (SpSlab *next; slab; slab = next, looks++) {
        next = slab->pending_next;
        if (is_idle(heap->chunk, slab)) {
            sp_heap_remove_run(heap, slab);
            sp_slab_unformat(slab);
            sp_heap_return_run(heap, slab);
            continue;
        }
        slab->pending_next = kept;
        kept = slab;
        last = last ? last : slab;
    }
    if (kept)
        sp_heap_put_pending(heap, kept, last);
    return looks;
}

static uint64_t reclaim(uint32_t most)
{
    SpChunk *chunk = (SpChunk *)sp_load_acquire(&spaces_default_chunk);
    if (!chunk)
        return 0;
    uint64_t before = sp_load(&spaces_heap_root.total_free);
    uint32_t looks = 0;
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap && looks < most; heap = heap->next)
        if (heap->policy == SP_POLICY_THREAD && heap != sp_thread_heap &&
            sp_load(&heap->state) == SP_HEAP_ACTIVE)
            looks += take_pending(heap) + 1;
    looks = settle_parked(looks, most);
    uint64_t after = sp_load(&spaces_heap_root.total_free);
    uint64_t gained = after > before ? after - before : 0;
    uint64_t paid = (gained >> SP_SLAB_SHIFT) * LOOKS_A_RUN;
    debt = looks > paid ? looks - (uint32_t)paid : 0;
    return gained;
}

SpSlab *sp_reclaim_run(uint32_t slabs, bool light, int *why)
{
    if (light)
        return sp_run_alloc(slabs, SP_RUN_LIGHT, why);
    SpSlab *run = sp_run_alloc(slabs, SP_RUN_USED, why);
    if (run)
        return run;
    if (sp_try_lock(&reclaim_lock)) {
        bool worth = debt <= LOOKS_A_RUN;
        if (worth)
            worth = reclaim(LOOKS) > 0;
        else
            debt -= LOOKS_A_RUN;
        sp_unlock(&reclaim_lock);
        if (worth && (run = sp_run_alloc(slabs, SP_RUN_USED, why)))
            return run;
    }
    return sp_run_alloc(slabs, SP_RUN_FULL, why);
}

uint64_t sp_reclaim_all(void)
{
    sp_lock(&reclaim_lock);
    uint64_t gained = reclaim(UINT32_MAX);
    sp_unlock(&reclaim_lock);
    return gained;
}

void sp_reclaim_hold(void)
{
    sp_lock(&reclaim_lock);
}

void sp_reclaim_let_go(void)
{
    sp_unlock(&reclaim_lock);
}

void sp_reclaim_fork(bool child)
{
    if (child)
        reclaim_lock = 0;
    else
        sp_unlock(&reclaim_lock);
}
