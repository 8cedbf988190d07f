/* segment.c - see segment.h. */
#include "segment.h"

#include <limits.h>
#include <string.h>

#include "../include/spaces.h"
#include "area_map.h"
#include "lock.h"
#include "root.h"

/* Segments with room that are compared for a run. */
#define RUN_CANDIDATES 8u

uint8_t sp_segment_map[UINT64_C(1) << (SP_ADDRESS_BITS - SP_SEGMENT_SHIFT)];

uint64_t sp_slab_index_table[SP_INDEX_SIZE];

static uint32_t pool_lock;
/* Segments with at least one free slab. */
static SpSegment *open_segments;
/* The segment whose slabs are being committed, or NULL. */
static SpSegment *growing;
/* Large segments kept for reuse, in address order. */
static SpSegment *spare;

/* The page cache, by length of the run: bytes that may stay in memory when they
 * are freed (less one, so that 0 is no bound), and that do. */
static uint64_t cache_bound[SP_RUN_MAX + 1], cached[SP_RUN_MAX + 1];

static uint8_t *map_entry(const void *p)
{
    return &sp_segment_map[(uintptr_t)p >> SP_SEGMENT_SHIFT];
}

static void map_set(SpSegment *segment, bool present)
{
    uint64_t units = segment->bytes >> SP_SEGMENT_SHIFT;
    for (uint64_t i = 0; i < units; i++) {
        uint8_t *entry = map_entry(segment) + i;
        int what = !present ? SP_MAP_NONE : i ? SP_MAP_TAIL : SP_MAP_SEGMENT;
        sp_store_release(entry, (uint8_t)(what | (*entry & SP_MAP_AREA)));
    }
}

/* What we have at an entry's 4 MiB, areas apart. */
static uint8_t owned(const uint8_t *entry)
{
    return (uint8_t)(sp_load_acquire(entry) & ~SP_MAP_AREA);
}

/* Enter a segment's slab in the index, or take it out. */
static void index_slab(SpSegment *segment, uint64_t i, bool present)
{
    uint64_t number = ((uintptr_t)segment >> SP_SLAB_SHIFT) + i;
    uint64_t *entry = &sp_slab_index_table[number & (SP_INDEX_SIZE - 1)];
    uint64_t own = (uintptr_t)&segment->slabs[i] - (uintptr_t)sp_slab_index_table;
    if (sp_load(entry) == (present ? 0 : own))
        sp_store_release(entry, present ? own : 0);
}

static void index_set(SpSegment *segment, bool present)
{
    for (uint64_t i = 1; i < SP_SLABS_PER_SEGMENT; i++)
        index_slab(segment, i, present);
}

/* ---- areas ---------------------------------------------------------------- */

void sp_segment_mark_area(const void *start, uint64_t bytes, bool present)
{
    uint8_t *first = map_entry(start), *last = map_entry((const char *)start + bytes - 1);
    sp_lock(&pool_lock);
    for (uint8_t *entry = first; entry <= last; entry++)
        sp_store_release(entry, (uint8_t)(present ? *entry | SP_MAP_AREA : *entry & ~SP_MAP_AREA));
    sp_unlock(&pool_lock);
}

void sp_segment_hide_slab(const void *p, bool hidden)
{
    SpSegment *segment = sp_segment_of(p);
    uint64_t i = (uintptr_t)p >> SP_SLAB_SHIFT & (SP_SLABS_PER_SEGMENT - 1);
    sp_lock(&pool_lock);
    if (owned(map_entry(p)) == SP_MAP_SEGMENT && segment->kind == SP_SEGMENT_SLABS && i)
        index_slab(segment, i, !hidden);
    sp_unlock(&pool_lock);
}

bool sp_segment_has_slabs(const void *p)
{
    return owned(map_entry(p)) == SP_MAP_SEGMENT;
}

/* ---- lists ---------------------------------------------------------------- */

static void list_add(SpSegment **list, SpSegment *segment)
{
    segment->prev = NULL;
    segment->next = *list;
    if (*list)
        (*list)->prev = segment;
    *list = segment;
}

static void list_remove(SpSegment **list, SpSegment *segment)
{
    if (segment->prev)
        segment->prev->next = segment->next;
    else
        *list = segment->next;
    if (segment->next)
        segment->next->prev = segment->prev;
    segment->next = segment->prev = NULL;
}

SpSlab *sp_slab_find(const void *p)
{
    uintptr_t address = (uintptr_t)p;
    if (address >> SP_ADDRESS_BITS)
        return NULL;
    uint8_t *entry = map_entry(p);
    uint8_t here = sp_load_acquire(entry);
    if (here == SP_MAP_NONE)
        return NULL;
    if (sp_unlikely(here & SP_MAP_AREA)) {
        SpSlab *area = sp_area_map_find(p);
        if (area)
            return area;
    }
    SpSegment *segment = sp_segment_of(p);
    while (owned(entry) == SP_MAP_TAIL) {
        entry--;
        segment = (SpSegment *)((char *)segment - SP_SEGMENT_SIZE);
    }
    if (owned(entry) != SP_MAP_SEGMENT)
        return NULL;
    SpSlab *slab;
    if (segment->kind == SP_SEGMENT_LARGE)
        slab = &segment->slabs[1];
    else if (segment->kind == SP_SEGMENT_SLABS)
        slab = sp_slab_of(p);
    else
        return NULL;
    if (slab->kind == SP_SLAB_PART)
        slab -= slab->head_delta;
    if (slab->kind == SP_SLAB_UNUSED || slab->kind == SP_SLAB_RESERVED)
        return NULL;
    return slab;
}

/* A new segment of address space; kind and committed are the caller's. */
static SpSegment *segment_map(uint64_t bytes, int *why)
{
    SpSegment *segment = sp_os_map(bytes, SP_SEGMENT_SIZE);
    if (!segment) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    segment->magic = SP_SEGMENT_MAGIC;
    segment->cookie = (uintptr_t)segment ^ spaces_heap_root.cookie;
    segment->bytes = bytes;
    segment->index = sp_root_add_segment(segment);
    if (segment->index == UINT32_MAX) {
        sp_os_unmap(segment, bytes);
        *why = SPACES_ERR_TOO_MANY_PAGES;
        return NULL;
    }
    return segment;
}

static void segment_unmap(SpSegment *segment)
{
    map_set(segment, false);
    if (segment->kind == SP_SEGMENT_SLABS)
        index_set(segment, false);
    sp_root_drop_segment(segment);
    sp_root_uncharge(segment->charged);
    sp_os_unmap(segment, segment->bytes);
}

/* Commit up to `slabs` more slabs to the pool; false with *why where not one
 * could be. Charged in one piece, the whole step or, near the limit, less. */
static bool pool_grow(uint32_t slabs, int *why)
{
    if (!growing) {
        SpSegment *segment = segment_map(SP_SEGMENT_SIZE, why);
        if (!segment)
            return false;
        if (!sp_root_charge(SP_SLAB_SIZE)) {
            *why = SPACES_ERR_EXCEEDED_HEAP_LIMIT;
            sp_root_drop_segment(segment);
            sp_os_unmap(segment, segment->bytes);
            return false;
        }
        segment->charged = SP_SLAB_SIZE;
        segment->kind = SP_SEGMENT_SLABS;
        segment->slabs[0].kind = SP_SLAB_RESERVED;
        segment->committed = 1;
        map_set(segment, true);
        index_set(segment, true);
        growing = segment;
    }
    uint32_t room = SP_SLABS_PER_SEGMENT - growing->committed;
    if (slabs > room)
        slabs = room;
    while (slabs && !sp_root_charge(slabs * SP_SLAB_SIZE))
        slabs /= 2;
    if (!slabs) {
        *why = SPACES_ERR_EXCEEDED_HEAP_LIMIT;
        return false;
    }
    growing->charged += slabs * SP_SLAB_SIZE;
    if (!growing->free_slabs)
        list_add(&open_segments, growing);
    growing->free_slabs |= ((UINT64_C(1) << slabs) - 1) << growing->committed;
    sp_add(&spaces_heap_root.total_free, slabs * SP_SLAB_SIZE);
    growing->committed += slabs;
    if (growing->committed == SP_SLABS_PER_SEGMENT)
        growing = NULL;
    return true;
}

/* Bit i set where a run of n free slabs starts at i. */
static uint64_t run_starts(uint64_t free_slabs, uint32_t n)
{
    uint64_t starts = free_slabs;
    for (uint32_t done = 1; done < n && starts;) {
        uint32_t step = done < n - done ? done : n - done;
        starts &= starts >> step;
        done += step;
    }
    return starts;
}

static uint64_t run_mask(uint32_t first, uint32_t slabs)
{
    return ((UINT64_C(1) << slabs) - 1) << first;
}

/* Bits of a segment's free slabs from which a run is to come, the best first. */
#define RANKS 3u
static void preferred(const SpSegment *segment, SpRunUse use, uint64_t masks[RANKS])
{
    uint64_t all = segment->free_slabs;
    masks[0] = all & segment->whole;
    masks[1] = all & segment->touched;
    masks[2] = use == SP_RUN_USED ? 0 : all;
    if (use == SP_RUN_LIGHT) {
        masks[0] = all & segment->touched & ~segment->whole;
        masks[1] = all & ~segment->whole;
    }
}

/* Where one of `starts` lies in the shortest row of free slabs. */
static uint32_t tightest(uint64_t free_slabs, uint64_t starts)
{
    uint32_t best = 0, least = UINT32_MAX;
    while (starts) {
        uint32_t first = (uint32_t)__builtin_ctzll(starts);
        uint64_t below = ~free_slabs & ((UINT64_C(1) << first) - 1);
        uint64_t above = ~free_slabs & ~((UINT64_C(1) << first) - 1);
        uint32_t from = below ? 64 - (uint32_t)__builtin_clzll(below) : 0;
        uint32_t to = above ? (uint32_t)__builtin_ctzll(above) : 64;
        if (to - from < least) {
            least = to - from;
            best = first;
        }
        starts &= to < 64 ? ~UINT64_C(0) << to : 0;
    }
    return best;
}

/* Where a run fits: in memory as `use` says, in the fullest segment, so that long runs stay
 * whole. NULL: nowhere. */
static SpSegment *run_place(uint32_t slabs, SpRunUse use, uint32_t *first)
{
    SpSegment *best = NULL;
    uint32_t least = UINT32_MAX, seen = 0;
    uint64_t best_starts = 0;
    for (SpSegment *s = open_segments; s && seen < RUN_CANDIDATES; s = s->next) {
        uint64_t masks[RANKS], starts = 0;
        uint32_t rank = 0;
        preferred(s, use, masks);
        while (rank < RANKS && !(starts = run_starts(masks[rank], slabs)))
            rank++;
        if (!starts)
            continue;
        seen++;
        uint32_t cost = (uint32_t)__builtin_popcountll(s->free_slabs) + SP_SLABS_PER_SEGMENT * rank;
        if (cost < least) {
            least = cost;
            best = s;
            best_starts = starts;
        }
    }
    if (best)
        *first = tightest(best->free_slabs, best_starts);
    return best;
}

static SpSlab *run_take(uint32_t slabs, SpRunUse use)
{
    uint32_t first;
    SpSegment *segment = run_place(slabs, use, &first);
    if (!segment)
        return NULL;
    uint64_t mask = run_mask(first, slabs);
    segment->free_slabs &= ~mask;
    if (!segment->free_slabs)
        list_remove(&open_segments, segment);
    sp_sub(&spaces_heap_root.total_free, slabs * SP_SLAB_SIZE);
    SpSlab *head = &segment->slabs[first];
    head->slabs = slabs;
    head->flags = segment->touched & mask ? 0 : SP_SLAB_ZEROED;
    segment->touched |= mask;
    for (uint32_t i = 0; i < slabs; i++) {
        SpSlab *part = head + i;
        if (use != SP_RUN_LIGHT)
            part->touched = SP_SLAB_SIZE / 4096;
        if (i == 0)
            continue;
        sp_store(&part->fast_owner, 0);
        part->head_delta = (uint16_t)i;
        part->kind = SP_SLAB_PART;
    }
    return head;
}

/* Give free slabs' memory back to the system. */
static void discard(SpSegment *segment, uint32_t first, uint32_t slabs)
{
    sp_os_discard((char *)segment + ((uint64_t)first << SP_SLAB_SHIFT), slabs * SP_SLAB_SIZE);
    segment->touched &= ~run_mask(first, slabs);
    segment->whole &= ~run_mask(first, slabs);
    for (uint32_t i = first; i < first + slabs; i++)
        segment->slabs[i].touched = 0;
}

/* Memory of freed runs of this length leaves or enters the cache. */
static void cache_leave(uint32_t slabs)
{
    uint64_t bytes = slabs * SP_SLAB_SIZE;
    cached[slabs] -= cached[slabs] < bytes ? cached[slabs] : bytes;
}

static void cache_enter(SpSegment *segment, uint32_t first, uint32_t slabs)
{
    uint64_t bytes = slabs * SP_SLAB_SIZE;
    if (cached[slabs] + bytes <= cache_bound[slabs] - 1) {
        cached[slabs] += bytes;
        return;
    }
    discard(segment, first, slabs);
}

uint64_t sp_pool_set_cache(uint32_t slabs, uint64_t bytes)
{
    sp_lock(&pool_lock);
    uint64_t before = cache_bound[slabs ? slabs : 1] - 1;
    for (uint32_t i = 1; i <= SP_RUN_MAX; i++)
        if (!slabs || i == slabs)
            cache_bound[i] = bytes + 1;
    sp_unlock(&pool_lock);
    return before;
}

SpSlab *sp_run_alloc(uint32_t slabs, SpRunUse use, int *why)
{
    sp_lock(&pool_lock);
    SpSlab *head;
    while (!(head = run_take(slabs, use)) && use != SP_RUN_USED) {
        uint64_t step = sp_load(&spaces_heap_root.grow_increment) >> SP_SLAB_SHIFT;
        if (step < slabs)
            step = slabs;
        if (!pool_grow(step > SP_RUN_MAX ? SP_RUN_MAX : (uint32_t)step, why))
            break;
    }
    if (head && !(head->flags & SP_SLAB_ZEROED))
        cache_leave(slabs);
    sp_unlock(&pool_lock);
    return head;
}

/* Give one open segment's free slabs back to the system: the pages where the
 * segment is in use, the address space where it is not. */
static uint64_t segment_trim(SpSegment *segment)
{
    uint64_t all = run_mask(1, segment->committed - 1);
    uint64_t given = 0;
    if (segment->free_slabs == all && segment != growing && sp_load(&spaces_heap_root.use_munmap)) {
        given = segment->charged;
        list_remove(&open_segments, segment);
        sp_sub(&spaces_heap_root.total_free, given - SP_SLAB_SIZE);
        segment_unmap(segment);
        return given;
    }
    for (uint32_t i = 1; i < segment->committed; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if ((segment->free_slabs & bit) && (segment->touched & bit)) {
            discard(segment, i, 1);
            given += SP_SLAB_SIZE;
        }
    }
    return given;
}

static uint64_t spare_trim(void)
{
    uint64_t given = 0;
    while (spare && sp_load(&spaces_heap_root.use_munmap)) {
        SpSegment *segment = spare;
        list_remove(&spare, segment);
        sp_sub(&spaces_heap_root.total_free, segment->bytes);
        given += segment->bytes;
        segment_unmap(segment);
    }
    for (SpSegment *segment = spare; segment; segment = segment->next) {
        sp_os_discard((char *)segment + SP_SLAB_SIZE, segment->bytes - SP_SLAB_SIZE);
        given += segment->bytes;
    }
    return given;
}

static uint64_t pool_trim_locked(uint64_t keep)
{
    uint64_t given = 0;
    if (sp_load(&spaces_heap_root.total_free) <= keep)
        return 0;
    given += spare_trim();
    for (SpSegment *segment = open_segments, *next; segment; segment = next) {
        next = segment->next;
        if (sp_load(&spaces_heap_root.total_free) <= keep)
            break;
        given += segment_trim(segment);
    }
    return given;
}

uint64_t sp_pool_trim(uint64_t keep)
{
    sp_lock(&pool_lock);
    uint64_t given = pool_trim_locked(keep);
    sp_unlock(&pool_lock);
    return given;
}

void sp_run_free(SpSlab *head)
{
    SpSegment *segment = sp_segment_of(head);
    uint32_t first = (uint32_t)(head - segment->slabs), slabs = head->slabs;
    sp_lock(&pool_lock);
    for (uint32_t i = 0; i < slabs; i++) {
        sp_store(&head[i].fast_owner, 0);
        head[i].heap = NULL;
        head[i].kind = SP_SLAB_UNUSED;
        uint64_t bit = UINT64_C(1) << (first + i);
        if (head[i].touched > SP_SLAB_SIZE / 4096 / 2)
            segment->whole |= bit;
        else
            segment->whole &= ~bit;
    }
    if (!segment->free_slabs)
        list_add(&open_segments, segment);
    segment->free_slabs |= run_mask(first, slabs);
    cache_enter(segment, first, slabs);
    sp_add(&spaces_heap_root.total_free, slabs * SP_SLAB_SIZE);
    uint64_t keep = sp_load(&spaces_heap_root.free_bytes);
    if (keep != SP_NO_LIMIT)
        pool_trim_locked(keep);
    sp_unlock(&pool_lock);
}

/* Put a segment in the spare list, in address order, joined with neighbours. */
static void spare_add(SpSegment *segment)
{
    SpSegment *before = NULL, *after = spare;
    while (after && after < segment) {
        before = after;
        after = after->next;
    }
    bool join = sp_load(&spaces_heap_root.coalesce);
    if (join && after && (char *)segment + segment->bytes == (char *)after) {
        SpSegment *joined = after;
        after = after->next;
        sp_root_drop_segment(joined);
        segment->bytes += joined->bytes;
        segment->charged += joined->charged;
    }
    if (join && before && (char *)before + before->bytes == (char *)segment) {
        sp_root_drop_segment(segment);
        before->bytes += segment->bytes;
        before->charged += segment->charged;
        before->next = after;
        if (after)
            after->prev = before;
        map_set(before, true);
        return;
    }
    segment->kind = SP_SEGMENT_FREE;
    segment->slabs[1].kind = SP_SLAB_UNUSED;
    segment->prev = before;
    segment->next = after;
    if (before)
        before->next = segment;
    else
        spare = segment;
    if (after)
        after->prev = segment;
    map_set(segment, true);
}

/* The smallest spare segment that holds `bytes`, cut to size. */
static SpSegment *spare_take(uint64_t bytes)
{
    SpSegment *best = NULL;
    for (SpSegment *s = spare; s; s = s->next)
        if (s->bytes >= bytes && (!best || s->bytes < best->bytes))
            best = s;
    if (!best)
        return NULL;
    list_remove(&spare, best);
    sp_sub(&spaces_heap_root.total_free, best->bytes);
    uint64_t rest = best->bytes - bytes;
    if (rest) {
        SpSegment *tail = (SpSegment *)((char *)best + bytes);
        memset(tail, 0, sizeof *tail); /* a program's bytes until now */
        tail->magic = SP_SEGMENT_MAGIC;
        tail->cookie = (uintptr_t)tail ^ spaces_heap_root.cookie;
        tail->bytes = rest;
        tail->charged = best->charged > bytes ? best->charged - bytes : 0;
        tail->slabs[0].kind = SP_SLAB_RESERVED;
        tail->index = sp_root_add_segment(tail);
        if (tail->index != UINT32_MAX) {
            best->bytes = bytes;
            best->charged -= tail->charged;
            sp_add(&spaces_heap_root.total_free, rest);
            spare_add(tail);
            map_set(best, true);
        }
    }
    return best;
}

SpSlab *sp_large_segment_alloc(uint64_t bytes, uint64_t align, char **data, int *why)
{
    uint64_t lead = align > SP_SLAB_SIZE ? align : SP_SLAB_SIZE;
    if (bytes > (UINT64_C(1) << SP_ADDRESS_BITS) || lead > (UINT64_C(1) << 40)) {
        *why = SPACES_ERR_BLOCK_TOO_BIG;
        return NULL;
    }
    uint64_t charge = sp_round_up(bytes, SP_SLAB_SIZE) + SP_SLAB_SIZE;
    uint64_t total = sp_round_up(bytes + lead, SP_SEGMENT_SIZE);
    if (lead > SP_SEGMENT_SIZE)
        total += lead; /* the segment itself is only 4 MiB aligned */
    SpSegment *segment;
    sp_lock(&pool_lock);
    bool reused = false;
    if (sp_root_charge(charge)) {
        bool direct = charge - SP_SLAB_SIZE > sp_load(&spaces_heap_root.large_threshold);
        segment = direct ? NULL : spare_take(total);
        reused = segment != NULL;
        if (segment)
            sp_root_uncharge(segment->charged);
        else
            segment = segment_map(total, why);
        if (!segment)
            sp_root_uncharge(charge);
    } else {
        segment = NULL;
        *why = SPACES_ERR_EXCEEDED_HEAP_LIMIT;
    }
    SpSlab *head = NULL;
    if (segment) {
        segment->charged = charge;
        segment->slabs[0].kind = SP_SLAB_RESERVED;
        head = &segment->slabs[1];
        head->slabs = (uint32_t)(sp_round_up(bytes, SP_SLAB_SIZE) >> SP_SLAB_SHIFT);
        head->flags = reused ? 0 : SP_SLAB_ZEROED;
        head->kind = SP_SLAB_UNUSED;
        uintptr_t first = (uintptr_t)segment + SP_SLAB_SIZE;
        *data = (char *)sp_round_up(first, lead);
        segment->kind = SP_SEGMENT_LARGE;
        map_set(segment, true);
    }
    sp_unlock(&pool_lock);
    return head;
}

void sp_large_segment_free(SpSlab *head)
{
    SpSegment *segment = sp_segment_of(head);
    sp_lock(&pool_lock);
    head->kind = SP_SLAB_UNUSED;
    head->heap = NULL;
    uint64_t keep = sp_load(&spaces_heap_root.free_bytes);
    bool oversize = segment->charged - SP_SLAB_SIZE > sp_load(&spaces_heap_root.large_threshold);
    if (oversize && sp_load(&spaces_heap_root.use_munmap)) {
        segment_unmap(segment);
    } else {
        if (oversize)
            sp_os_discard((char *)segment + SP_SLAB_SIZE, segment->bytes - SP_SLAB_SIZE);
        sp_add(&spaces_heap_root.total_free, segment->bytes);
        spare_add(segment);
        if (keep != SP_NO_LIMIT)
            pool_trim_locked(keep);
    }
    sp_unlock(&pool_lock);
}

void sp_pool_hold(void)
{
    sp_lock(&pool_lock);
}

void sp_pool_let_go(void)
{
    sp_unlock(&pool_lock);
}

void sp_pool_fork_lock(void)
{
    sp_pool_hold();
}

void sp_pool_fork(bool child)
{
    if (child)
        pool_lock = 0;
    else
        sp_pool_let_go();
}
