/* heap_mixed.c - see heap_mixed.h. General runs stand in lists by the size that
 * surely fits (SpHeap.mixed), so that one is found at once; V3's in the order of
 * their last free. */
#include "heap_mixed.h"

#include "../include/spaces.h"
#include "chunk.h"
#include "error.h"
#include "heap.h"
#include "heap_runs.h"
#include "meta.h"
#include "mixed.h"
#include "os.h"

/* Runs looked at where several may do. */
#define TRIES 8

/* ---- lists ----------------------------------------------------------------- */

/* slab->bin: 0 on no list, else the number of its bucket + 1, or V3_LIST. */
#define V3_LIST (SP_MIXED_BUCKETS + 1)

static SpSlab **list_of(SpHeap *heap, unsigned bin)
{
    return bin == V3_LIST ? &heap->v3 : &heap->mixed[bin - 1];
}

static void list_remove(SpHeap *heap, SpSlab *slab)
{
    if (!slab->bin)
        return;
    if (slab->prev)
        slab->prev->next = slab->next;
    else
        *list_of(heap, slab->bin) = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    slab->next = slab->prev = NULL;
    slab->bin = 0;
}

static void list_add(SpHeap *heap, SpSlab *slab, unsigned bin)
{
    SpSlab **list = list_of(heap, bin);
    slab->bin = (uint8_t)bin;
    slab->prev = NULL;
    slab->next = *list;
    if (*list)
        (*list)->prev = slab;
    *list = slab;
}

/* Put a run where it belongs after its room has changed. */
static void list_update(SpHeap *heap, SpSlab *slab)
{
    int room = sp_mixed_room(slab->mixed);
    unsigned bin = V3_LIST;
    if (slab->mixed->algorithm != SPACES_SMALL_V3)
        bin = room < 0 ? 0 : room < (int)SP_MIXED_BUCKETS ? (unsigned)room + 1 : SP_MIXED_BUCKETS;
    if (bin == slab->bin)
        return;
    list_remove(heap, slab);
    if (bin)
        list_add(heap, slab, bin);
}

/* ---- accounting --------------------------------------------------------------- */

static uint64_t pages_up_to(const SpSlab *slab, uint32_t top)
{
    uint64_t run = (uint64_t)slab->slabs << SP_SLAB_SHIFT;
    uint64_t bytes =
        sp_round_up((uint64_t)top << slab->mixed->shift, UINT64_C(1) << slab->page_shift);
    return bytes < run ? bytes : run;
}

/* Count the run's pages up to a top. */
static bool charge(SpHeap *heap, SpSlab *slab, uint32_t top, unsigned flags, int *why)
{
    uint64_t need = pages_up_to(slab, top);
    if (need <= slab->bytes)
        return true;
    *why = SPACES_ERR_OUT_OF_MEMORY;
    if (flags & SPACES_FLAG_NO_GROW)
        return false;
    if (!sp_chunk_charge(heap->chunk, need - slab->bytes)) {
        *why = SPACES_ERR_EXCEEDED_CEILING;
        return false;
    }
    heap->footprint += need - slab->bytes;
    slab->bytes = need;
    return true;
}

/* Whether the chunk may give so many bytes back. */
static bool above_floor(const SpHeap *heap, uint64_t bytes)
{
    return sp_load(&heap->chunk->footprint) >= heap->chunk->floor + bytes;
}

/* Give the pages above the run's top back, where there are at least so many. */
static uint64_t trim(SpHeap *heap, SpSlab *slab, uint64_t least)
{
    uint64_t keep = pages_up_to(slab, slab->mixed->top), excess = slab->bytes - keep;
    if (!excess || excess < least || !above_floor(heap, excess))
        return 0;
    sp_os_discard(slab->base + keep, excess);
    sp_chunk_uncharge(heap->chunk, excess);
    heap->footprint -= excess;
    slab->bytes = keep;
    return excess;
}

/* ---- runs come and go ------------------------------------------------------------ */

static uint64_t record_bytes(const SpSlab *slab)
{
    return (SP_MIXED_RECORD((uint64_t)slab->slabs << SP_SLAB_SHIFT) + 1) * sizeof(SpRecord);
}

void sp_mixed_unformat(SpSlab *slab)
{
    uint64_t run = (uint64_t)slab->slabs << SP_SLAB_SHIFT;
    sp_meta_free(slab->mixed, sp_mixed_bytes(run, slab->mixed->algorithm));
    slab->mixed = NULL;
    if (slab->records)
        sp_meta_free(slab->records, record_bytes(slab));
    slab->records = NULL;
}

static SpSlab *run_new(SpHeap *heap, uint32_t slabs, uint32_t algorithm, bool grow, int *why)
{
    SpSlab *slab = sp_heap_take_run(heap, slabs, false, grow, why);
    if (!slab)
        return NULL;
    uint64_t run = (uint64_t)slabs << SP_SLAB_SHIFT;
    SpMixed *mixed = sp_meta_alloc(sp_mixed_bytes(run, algorithm));
    SpRecord *records = mixed && SP_DEBUG ? sp_meta_alloc(record_bytes(slab)) : NULL;
    if (!mixed || (SP_DEBUG && !records)) {
        if (mixed)
            sp_meta_free(mixed, sp_mixed_bytes(run, algorithm));
        sp_heap_give_run(heap, slab);
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    sp_mixed_init(mixed, run, algorithm, sp_mix((uintptr_t)slab ^ spaces_heap_root.cookie));
    slab->mixed = mixed;
    slab->records = records;
    slab->base = sp_slab_address(slab);
    slab->key = 0;
    slab->free = SP_LINK_END;
    slab->state = SP_STATE_NONE;
    slab->used = 0;
    slab->block_size = 1u << mixed->shift;
    slab->reciprocal = (uint32_t)((UINT64_C(1) << 32) >> mixed->shift);
    slab->carved = slab->capacity = mixed->units;
    slab->bin = 0;
    slab->shift = (uint8_t)mixed->shift;
    slab->flags = 0;
    slab->page_shift = sp_chunk_page_shift(heap->chunk);
    slab->heap = heap;
    slab->next = slab->prev = NULL;
    slab->head_delta = 0;
    sp_store(&slab->fast_owner, 0);
    sp_store(&slab->remote, SP_REMOTE_EMPTY);
    sp_store_release(&slab->kind, SP_SLAB_MIXED);
    sp_heap_add_run(heap, slab);
    list_update(heap, slab);
    return slab;
}

/* An empty run stays counted as `retained` while it is kept. */
static void keep_empty(SpHeap *heap, SpSlab *slab, bool kept)
{
    if (kept == (slab->state == SP_STATE_PARTIAL))
        return;
    slab->state = kept ? SP_STATE_PARTIAL : SP_STATE_NONE;
    if (kept)
        heap->retained += slab->bytes;
    else
        heap->retained -= slab->bytes;
}

static uint64_t run_drop(SpHeap *heap, SpSlab *slab)
{
    uint64_t bytes = slab->bytes;
    keep_empty(heap, slab, false);
    list_remove(heap, slab);
    sp_heap_remove_run(heap, slab);
    sp_slab_unformat(slab);
    sp_heap_give_run(heap, slab);
    return bytes;
}

/* ---- blocks -------------------------------------------------------------------------- */

void sp_mixed_tell_damage(const SpSlab *slab)
{
    uint64_t offset;
    if (sp_unlikely(sp_mixed_damaged(&offset)))
        sp_error_defer_damage(slab->heap->chunk, slab->base + offset, 0);
}

static void *alloc_in(SpHeap *heap, SpSlab *slab, const SpMixedNeed *need, unsigned flags, int *why)
{
    SpMixed *mixed = slab->mixed;
    keep_empty(heap, slab, false);
    uint32_t unit = sp_mixed_take(mixed, slab->base, need);
    sp_mixed_tell_damage(slab);
    if (unit == SP_MIXED_NO_UNIT) {
        uint32_t top = sp_mixed_top_for(mixed, slab->base, need);
        if (top == SP_MIXED_NO_UNIT || !charge(heap, slab, top, flags, why))
            return NULL;
        unit = sp_mixed_extend(mixed, slab->base, need);
    }
    sp_store(&slab->used, mixed->blocks);
    list_update(heap, slab);
    return sp_mixed_address(slab, unit);
}

/* From any of the runs of one list, the first few of them. */
static void *alloc_from(SpHeap *heap, SpSlab *slab, const SpMixedNeed *need, unsigned flags,
                        int *why)
{
    for (int tries = 0; slab && tries < TRIES; tries++) {
        SpSlab *next = slab->next;
        void *block = alloc_in(heap, slab, need, flags, why);
        if (block)
            return block;
        slab = next;
    }
    return NULL;
}

static void *alloc_general(SpHeap *heap, const SpMixedNeed *need, unsigned flags, int *why)
{
    uint64_t most = need->units + (need->align >> SP_MIXED_SHIFT) - 1;
    unsigned level = sp_log2(need->units), sure = sp_log2(most);
    if (!sp_is_power_of_two(most))
        sure++;
    for (unsigned i = level; i < SP_MIXED_BUCKETS; i++) {
        if (i > level && i < sure)
            continue;
        void *block = alloc_from(heap, heap->mixed[i], need, flags, why);
        if (block)
            return block;
    }
    return NULL;
}

void *sp_heap_mixed_alloc(SpHeap *heap, uint64_t size, uint64_t align, uint64_t skew, bool v3,
                          unsigned flags, int *why)
{
    uint32_t algorithm = v3 ? SPACES_SMALL_V3 : SPACES_SMALL_NONE;
    uint64_t unit = UINT64_C(1) << (v3 ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT);
    const SpMixed any = {
        .algorithm = algorithm, .shift = (uint32_t)sp_log2(unit), .units = SP_MIXED_NO_UNIT - 1};
    SpMixedNeed need = {sp_mixed_units(&any, size), align < unit ? unit : align, skew};
    *why = SPACES_ERR_OUT_OF_MEMORY;
    void *block =
        v3 ? alloc_from(heap, heap->v3, &need, flags, why) : alloc_general(heap, &need, flags, why);
    if (block)
        return block;
    /* A slab each: what is not in use any more goes back slab by slab. */
    uint64_t bytes = ((uint64_t)need.units << any.shift) + need.align - unit;
    uint64_t slabs = (bytes + SP_SLAB_SIZE - 1) >> SP_SLAB_SHIFT;
    if (slabs > SP_RUN_MAX) {
        *why = SPACES_ERR_BLOCK_TOO_BIG;
        return NULL;
    }
    SpSlab *slab = run_new(heap, (uint32_t)slabs, algorithm, !(flags & SPACES_FLAG_NO_GROW), why);
    if (!slab)
        return NULL;
    bool fresh = !slab->bytes;
    block = alloc_in(heap, slab, &need, flags, why);
    if (!block)
        run_drop(heap, slab);
    else if (fresh)
        sp_heap_grow_by_increment(heap, slab);
    return block;
}

/* A run all of whose blocks are free: kept, or given back. */
static void run_retire(SpHeap *heap, SpSlab *slab)
{
    bool keep =
        heap->retained + slab->bytes <= heap->chunk->free_bytes || !above_floor(heap, slab->bytes);
    if (keep)
        keep_empty(heap, slab, true);
    else
        run_drop(heap, slab);
}

bool sp_heap_mixed_free(SpSlab *slab, void *block)
{
    SpHeap *heap = slab->heap;
    SpMixed *mixed = slab->mixed;
    if (!sp_mixed_free(mixed, slab->base, sp_mixed_unit_of(slab, block)))
        return false;
    sp_mixed_tell_damage(slab);
    sp_store(&slab->used, mixed->blocks);
    if (!mixed->blocks) {
        run_retire(heap, slab);
        return true;
    }
    if (mixed->algorithm == SPACES_SMALL_V3 && heap->v3 != slab) {
        list_remove(heap, slab);
        list_add(heap, slab, V3_LIST);
    }
    list_update(heap, slab);
    trim(heap, slab, heap->chunk->free_bytes + 1);
    return true;
}

bool sp_heap_mixed_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags)
{
    SpHeap *heap = slab->heap;
    SpMixed *mixed = slab->mixed;
    uint32_t unit = sp_mixed_unit_of(slab, block), units = sp_mixed_units(mixed, size);
    if (units == SP_MIXED_NO_UNIT)
        return false;
    bool done = sp_mixed_resize(mixed, slab->base, unit, units);
    sp_mixed_tell_damage(slab);
    int why;
    if (!done && sp_mixed_may_stretch(mixed, unit, units) &&
        charge(heap, slab, unit + units, flags, &why)) {
        sp_mixed_stretch(mixed, unit, units);
        done = true;
    }
    list_update(heap, slab);
    return done;
}

uint64_t sp_heap_mixed_shrink(SpHeap *heap)
{
    uint64_t given = 0;
    for (SpSlab *slab = heap->slabs, *next; slab; slab = next) {
        next = slab->all_next;
        if (slab->kind != SP_SLAB_MIXED || slab->flags & SP_SLAB_AREA)
            continue;
        if (slab->mixed->blocks)
            given += trim(heap, slab, 1);
        else if (above_floor(heap, slab->bytes))
            given += run_drop(heap, slab);
    }
    return given;
}
