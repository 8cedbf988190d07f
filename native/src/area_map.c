/* area_map.c - see area_map.h. A sorted table. */
#include "area_map.h"

#include <string.h>

#include "lock.h"
#include "meta.h"
#include "segment.h"

typedef struct Range {
    uintptr_t start, end;
    SpSlab *slab;
} Range;

/* Replaced by a larger one when full. The old one is left as it is, as a reader
 * may still be in it; each is twice as large as the one before. */
typedef struct Table {
    uint64_t capacity;
    uint64_t count;
    Range ranges[];
} Table;

#define FIRST_CAPACITY 16u

static uint32_t map_lock;
static uint64_t changes; /* odd while a change is made */
static Table *table;

static size_t table_bytes(uint64_t capacity)
{
    return sizeof(Table) + capacity * sizeof(Range);
}

/* Index of the first range that ends after an address. */
static uint64_t first_after(const Table *t, uintptr_t address)
{
    uint64_t low = 0, high = sp_load(&t->count);
    if (high > t->capacity)
        high = t->capacity;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (sp_load(&t->ranges[middle].end) > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void change_begin(void)
{
    sp_store(&changes, changes + 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void change_end(void)
{
    sp_store_release(&changes, changes + 1);
}

static void range_store(Range *to, const Range *from)
{
    sp_store(&to->start, from->start);
    sp_store(&to->end, from->end);
    sp_store(&to->slab, from->slab);
}

/* The table with room for one more, or NULL. */
static Table *table_with_room(void)
{
    if (table && table->count < table->capacity)
        return table;
    uint64_t capacity = table ? table->capacity * 2 : FIRST_CAPACITY;
    Table *larger = sp_meta_alloc(table_bytes(capacity));
    if (!larger)
        return NULL;
    if (table)
        memcpy(larger, table, table_bytes(table->count));
    larger->capacity = capacity;
    return larger;
}

/* Whether an area reaches into a range. */
static bool is_taken(const Table *t, uintptr_t start, uint64_t bytes)
{
    uint64_t next = first_after(t, start);
    return next < t->count && t->ranges[next].start < start + bytes;
}

/* Slabs of ours that an area lies in, block by block: hidden from free's short way,
 * or shown again where no other area is left in them. */
static void hide_slabs(const Table *t, uintptr_t start, uintptr_t end, bool hidden)
{
    for (uintptr_t at = start & ~(SP_SLAB_SIZE - 1); at < end; at += SP_SLAB_SIZE)
        if (hidden || !is_taken(t, at, SP_SLAB_SIZE))
            sp_segment_hide_slab((void *)at, hidden);
}

/* Let the 4 MiB units that a range reaches into know that it came or went. */
static void mark_units(const Table *t, const Range *range, bool present)
{
    for (uintptr_t at = range->start; at < range->end;) {
        uintptr_t unit = at & ~(SP_SEGMENT_SIZE - 1), next = unit + SP_SEGMENT_SIZE;
        uintptr_t end = next < range->end ? next : range->end;
        if (present || !is_taken(t, unit, SP_SEGMENT_SIZE))
            sp_segment_mark_area((void *)unit, SP_SEGMENT_SIZE, present);
        if (sp_segment_has_slabs((void *)unit))
            hide_slabs(t, at, end, present);
        at = next;
    }
}

SpAreaAdded sp_area_map_add(void *start, uint64_t bytes, SpSlab *slab)
{
    Range range = {(uintptr_t)start, (uintptr_t)start + bytes, slab};
    SpAreaAdded result = SP_AREA_NO_MEMORY;
    sp_lock(&map_lock);
    Table *t = table_with_room();
    if (t) {
        uint64_t at = first_after(t, range.start);
        result = SP_AREA_OVERLAPS;
        if (at == t->count || t->ranges[at].start >= range.end) {
            change_begin();
            for (uint64_t i = t->count; i > at; i--)
                range_store(&t->ranges[i], &t->ranges[i - 1]);
            range_store(&t->ranges[at], &range);
            sp_store(&t->count, t->count + 1);
            sp_store_release(&table, t);
            change_end();
            mark_units(t, &range, true);
            result = SP_AREA_ADDED;
        } else if (t != table) {
            sp_meta_free(t, table_bytes(t->capacity)); /* nobody has seen it */
        }
    }
    sp_unlock(&map_lock);
    return result;
}

void sp_area_map_drop(const void *address)
{
    sp_lock(&map_lock);
    Table *t = table;
    uint64_t at = t ? first_after(t, (uintptr_t)address) : 0;
    if (t && at < t->count && t->ranges[at].start <= (uintptr_t)address) {
        Range gone = t->ranges[at];
        change_begin();
        for (uint64_t i = at; i + 1 < t->count; i++)
            range_store(&t->ranges[i], &t->ranges[i + 1]);
        sp_store(&t->count, t->count - 1);
        change_end();
        mark_units(t, &gone, false);
    }
    sp_unlock(&map_lock);
}

/* The range that an address lies in; false where there is none. */
static bool find(uintptr_t address, Range *out)
{
    for (;;) {
        uint64_t before = sp_load_acquire(&changes);
        const Table *t = sp_load_acquire(&table);
        bool found = false;
        if (t) {
            uint64_t at = first_after(t, address);
            if (at < t->capacity && at < sp_load(&t->count)) {
                out->start = sp_load(&t->ranges[at].start);
                out->end = sp_load(&t->ranges[at].end);
                out->slab = sp_load(&t->ranges[at].slab);
                found = out->start <= address && address < out->end;
            }
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(before & 1) && sp_load(&changes) == before)
            return found;
        __builtin_ia32_pause();
    }
}

SpSlab *sp_area_map_find(const void *address)
{
    Range range;
    return find((uintptr_t)address, &range) ? range.slab : NULL;
}

bool sp_area_map_range(const void *address, char **start, uint64_t *bytes)
{
    Range range;
    if (!find((uintptr_t)address, &range))
        return false;
    *start = (char *)range.start;
    *bytes = range.end - range.start;
    return true;
}

bool sp_area_map_covers(const void *address, uint64_t bytes)
{
    Range range;
    return find((uintptr_t)address, &range) && bytes <= range.end - (uintptr_t)address;
}

void sp_area_map_fork_lock(void)
{
    sp_lock(&map_lock);
}

void sp_area_map_fork(bool child)
{
    if (child)
        map_lock = 0;
    else
        sp_unlock(&map_lock);
}
