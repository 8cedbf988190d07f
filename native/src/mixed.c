/* mixed.c - see mixed.h. */
#include "mixed.h"

#include <string.h>

#include "../include/spaces.h"
#include "classes.h"
#include "mixed_bits.h"
#include "mixed_free.h"

/* Stretches of a list that a request's own size class is searched for. */
#define EXACT_TRIES 16

/* ---- making one, making it anew ------------------------------------------------- */

static uint32_t lists_for(uint32_t units, uint32_t algorithm)
{
    uint32_t log = units < 8 ? 3 : (uint32_t)sp_log2(units);
    return algorithm == SPACES_SMALL_V3 ? SP_SMALL_BINS : (log - 1) * SP_MIXED_SUBS;
}

static uint64_t bitmaps_at(uint32_t lists)
{
    return sp_round_up(offsetof(SpMixed, lists) + lists * sizeof(uint32_t), 8);
}

uint64_t sp_mixed_bytes(uint64_t data_bytes, uint32_t algorithm)
{
    uint32_t shift = algorithm == SPACES_SMALL_V3 ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT;
    uint64_t units = data_bytes >> shift;
    uint64_t bytes = bitmaps_at(lists_for((uint32_t)units, algorithm));
    bytes += (units + 63) / 64 * 2 * sizeof(uint64_t);
    return bytes < sizeof(SpMixed) ? sizeof(SpMixed) : bytes;
}

static void empty_lists(SpMixed *m)
{
    for (uint32_t i = 0; i < m->list_count; i++)
        m->lists[i] = SP_MIXED_NO_UNIT;
    memset(m->sub_map, 0, sizeof m->sub_map);
    m->level_map = 0;
    m->free_units = 0;
}

void sp_mixed_init(SpMixed *m, uint64_t data_bytes, uint32_t algorithm, uint64_t key)
{
    m->algorithm = algorithm;
    m->shift = algorithm == SPACES_SMALL_V3 ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT;
    m->units = (uint32_t)(data_bytes >> m->shift);
    m->key = key;
    m->list_count = lists_for(m->units, algorithm);
    m->starts_at = (uint32_t)bitmaps_at(m->list_count);
    m->live_at = m->starts_at + sp_mixed_words(m) * (uint32_t)sizeof(uint64_t);
    empty_lists(m);
    sp_store_release(&m->magic, SP_MIXED_MAGIC);
}

bool sp_mixed_is_sound(const SpMixed *m, uint64_t data_bytes, uint32_t algorithm)
{
    uint32_t shift = algorithm == SPACES_SMALL_V3 ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT;
    return m->magic == SP_MIXED_MAGIC && m->algorithm == algorithm && m->shift == shift &&
           m->units == data_bytes >> shift && m->top <= m->units &&
           m->list_count == lists_for(m->units, algorithm) &&
           m->starts_at == bitmaps_at(m->list_count) &&
           m->live_at == m->starts_at + sp_mixed_words(m) * sizeof(uint64_t);
}

/* Bits that say nothing sensible, away. */
static void sane_bits(SpMixed *m)
{
    uint64_t *starts = sp_mixed_starts(m), *live = sp_mixed_lives(m);
    if (m->top > m->units)
        m->top = m->units;
    uint32_t end = sp_mixed_words(m) * 64;
    sp_bits_clear(starts, m->top, end);
    sp_bits_clear(live, m->top, end);
    if (m->top)
        sp_bit_set(starts, 0);
    for (uint32_t i = 0; i < sp_mixed_words(m); i++)
        live[i] &= starts[i];
}

void sp_mixed_rebuild(SpMixed *m, char *base)
{
    bool joins = m->algorithm != SPACES_SMALL_V3;
    sane_bits(m);
    empty_lists(m);
    m->blocks = 0;
    m->live_units = 0;
    for (uint32_t unit = 0, length; unit < m->top; unit += length) {
        length = sp_mixed_length(m, unit);
        if (sp_bit_at(sp_mixed_lives(m), unit)) {
            m->blocks++;
            m->live_units += length;
            continue;
        }
        while (joins && sp_mixed_is_free(m, unit + length)) {
            sp_bit_clear(sp_mixed_starts(m), unit + length);
            length = sp_mixed_length(m, unit);
        }
        if (joins && unit + length == m->top) {
            sp_store_release(&m->top, unit);
            sp_bit_clear(sp_mixed_starts(m), unit);
            break;
        }
        sp_mixed_fill_freed(m, base, unit, length);
        sp_mixed_insert(m, base, unit, length);
    }
}

/* ---- allocation ----------------------------------------------------------------- */

uint32_t sp_mixed_units(const SpMixed *m, uint64_t bytes)
{
    uint64_t least = SP_DEBUG ? SP_MIXED_RECORD_STEP : 1;
    if (bytes < least)
        bytes = least;
    if (m->algorithm == SPACES_SMALL_V3)
        return bytes <= SP_SMALL_MAX ? sp_bin_size[sp_word_bin[(bytes + 7) / 8]] >> m->shift
                                     : SP_MIXED_NO_UNIT;
    uint64_t units = (bytes >> m->shift) + ((bytes & ((UINT64_C(1) << m->shift) - 1)) != 0);
    return units < m->units ? (uint32_t)units : units == m->units ? m->units : SP_MIXED_NO_UNIT;
}

/* First unit from `unit` on where the block may start. */
static uint64_t place(const SpMixed *m, const char *base, uint64_t unit, const SpMixedNeed *need)
{
    uintptr_t at = (uintptr_t)base + (unit << m->shift);
    return unit + (((0 - (at + need->skew)) & (need->align - 1)) >> m->shift);
}

/* Make units of a free stretch a live block; what is before and after stays free. */
static uint32_t carve(SpMixed *m, char *base, uint32_t stretch, uint32_t length, uint32_t unit,
                      uint32_t units)
{
    uint32_t end = stretch + length, after = unit + units;
    sp_mixed_check_freed(m, base, stretch, unit, units);
    if (unit > stretch) {
        sp_mixed_announce(m, base, unit);
        sp_bit_set(sp_mixed_starts(m), unit);
    }
    sp_bit_set(sp_mixed_lives(m), unit);
    if (after < end) {
        sp_mixed_announce(m, base, after);
        sp_bit_set(sp_mixed_starts(m), after);
        sp_mixed_insert(m, base, after, end - after);
    }
    if (unit > stretch)
        sp_mixed_insert(m, base, stretch, unit - stretch);
    m->blocks++;
    m->live_units += units;
    return unit;
}

/* A list whose stretches all have so many units, or SP_MIXED_LISTS. */
static uint32_t list_for(const SpMixed *m, uint32_t units)
{
    if (units >= SP_MIXED_SUBS) {
        uint64_t rounded = (uint64_t)units + (1u << (sp_log2(units) - 3)) - 1;
        if (rounded > UINT32_MAX)
            return SP_MIXED_LISTS;
        units = (uint32_t)rounded;
    }
    uint32_t list = sp_mixed_list_of(m, units), level = list / SP_MIXED_SUBS;
    uint32_t subs = m->sub_map[level] & (0xffu << list % SP_MIXED_SUBS);
    if (!subs) {
        uint32_t levels = level + 1 < 32 ? m->level_map & (~0u << (level + 1)) : 0;
        if (!levels)
            return SP_MIXED_LISTS;
        level = (uint32_t)__builtin_ctz(levels);
        subs = m->sub_map[level];
    }
    return level * SP_MIXED_SUBS + (uint32_t)__builtin_ctz(subs);
}

static uint32_t take_from(SpMixed *m, char *base, uint32_t stretch, const SpMixedNeed *need)
{
    uint32_t length = sp_mixed_unlink(m, base, stretch);
    if (!length)
        return SP_MIXED_NO_UNIT;
    uint32_t unit = (uint32_t)place(m, base, stretch, need);
    return carve(m, base, stretch, length, unit, need->units);
}

/* A stretch of the request's own list may do, though not each does. */
static uint32_t search_exact(SpMixed *m, char *base, const SpMixedNeed *need)
{
    uint32_t unit = m->lists[sp_mixed_list_of(m, need->units)];
    for (int tries = 0; tries < EXACT_TRIES && unit != SP_MIXED_NO_UNIT; tries++) {
        SpStretch s;
        if (!sp_mixed_read_stretch(m, base, unit, &s)) {
            sp_mixed_overwritten(m, base, unit);
            return SP_MIXED_NO_UNIT;
        }
        if (place(m, base, unit, need) + need->units <= (uint64_t)unit + s.units)
            return unit;
        unit = s.next;
    }
    return SP_MIXED_NO_UNIT;
}

static uint32_t take_v3(SpMixed *m, char *base, uint32_t units)
{
    uint32_t list = sp_mixed_list_of(m, units), unit = m->lists[list];
    SpStretch s;
    if (unit == SP_MIXED_NO_UNIT)
        return unit;
    if (!sp_mixed_is_free(m, unit) || !sp_mixed_read_stretch(m, base, unit, &s)) {
        sp_mixed_overwritten(m, base, unit);
        return SP_MIXED_NO_UNIT;
    }
    uint32_t length = sp_mixed_length(m, unit);
    m->lists[list] = s.next;
    sp_mixed_list_mark(m, list);
    m->free_units -= length;
    sp_mixed_check_freed(m, base, unit, unit, length);
    sp_bit_set(sp_mixed_lives(m), unit);
    m->blocks++;
    m->live_units += length;
    return unit;
}

uint32_t sp_mixed_take(SpMixed *m, char *base, const SpMixedNeed *need)
{
    if (m->algorithm == SPACES_SMALL_V3)
        return take_v3(m, base, need->units);
    uint64_t most = (uint64_t)need->units + (need->align >> m->shift) - 1;
    if (most <= m->units) {
        uint32_t list = list_for(m, (uint32_t)most);
        /* Damage costs a round more; the rebuilt lists are sound. */
        for (int tries = 0; tries < 2 && list < SP_MIXED_LISTS; tries++) {
            uint32_t unit = take_from(m, base, m->lists[list], need);
            if (unit != SP_MIXED_NO_UNIT)
                return unit;
            list = list_for(m, (uint32_t)most);
        }
    }
    uint32_t stretch = search_exact(m, base, need);
    return stretch == SP_MIXED_NO_UNIT ? stretch : take_from(m, base, stretch, need);
}

uint32_t sp_mixed_top_for(const SpMixed *m, const char *base, const SpMixedNeed *need)
{
    uint64_t end = place(m, base, m->top, need) + need->units;
    return end <= m->units ? (uint32_t)end : SP_MIXED_NO_UNIT;
}

uint32_t sp_mixed_extend(SpMixed *m, char *base, const SpMixedNeed *need)
{
    uint32_t gap = m->top, unit = (uint32_t)place(m, base, gap, need);
    sp_bit_set(sp_mixed_starts(m), unit);
    sp_bit_set(sp_mixed_lives(m), unit);
    if (unit > gap) {
        sp_mixed_fill_freed(m, base, gap, unit - gap);
        sp_mixed_announce(m, base, gap);
        sp_bit_set(sp_mixed_starts(m), gap);
    }
    sp_store_release(&m->top, unit + need->units);
    if (unit > gap)
        sp_mixed_insert(m, base, gap, unit - gap);
    m->blocks++;
    m->live_units += need->units;
    return unit;
}

/* ---- free ------------------------------------------------------------------------ */

/* What starts at a unit is free, by its bits, but on no list: join it with its
 * neighbours, put it on a list or give it up to the end. */
static void release(SpMixed *m, char *base, uint32_t unit, uint32_t units)
{
    uint64_t *starts = sp_mixed_starts(m);
    uint32_t next = unit + units;
    if (sp_mixed_is_free(m, next)) {
        uint32_t more = sp_mixed_unlink(m, base, next);
        if (!more)
            return; /* rebuilt, this one included */
        sp_mixed_swallow(m, base, next);
        sp_bit_clear(starts, next);
        units += more;
    }
    uint32_t before = unit ? sp_mixed_start(m, unit - 1) : SP_MIXED_NO_UNIT;
    if (before != SP_MIXED_NO_UNIT && sp_mixed_is_free(m, before)) {
        uint32_t more = sp_mixed_unlink(m, base, before);
        if (!more)
            return;
        sp_bit_clear(starts, unit);
        unit = before;
        units += more;
    }
    if (unit + units == m->top) {
        sp_store_release(&m->top, unit);
        sp_bit_clear(starts, unit);
    } else {
        sp_mixed_insert(m, base, unit, units);
    }
}

bool sp_mixed_free(SpMixed *m, char *base, uint32_t unit)
{
    if (!sp_mixed_is_live(m, unit))
        return false;
    uint32_t units = sp_mixed_length(m, unit);
    sp_mixed_fill_freed(m, base, unit, units);
    sp_mixed_announce(m, base, unit);
    sp_bit_clear(sp_mixed_lives(m), unit);
    m->blocks--;
    m->live_units -= units;
    if (m->algorithm != SPACES_SMALL_V3) {
        release(m, base, unit, units);
    } else if (m->blocks) {
        sp_mixed_insert(m, base, unit, units);
    } else {
        uint32_t top = m->top;
        sp_store_release(&m->top, 0);
        sp_bits_clear(sp_mixed_starts(m), 0, top);
        empty_lists(m);
    }
    return true;
}

/* ---- resizing --------------------------------------------------------------------- */

bool sp_mixed_resize(SpMixed *m, char *base, uint32_t unit, uint32_t units)
{
    uint64_t *starts = sp_mixed_starts(m);
    uint32_t length = sp_mixed_length(m, unit), next = unit + length;
    if (units == length)
        return true;
    if (m->algorithm == SPACES_SMALL_V3)
        return units < length;
    if (units < length) {
        sp_mixed_fill_freed(m, base, unit + units, length - units);
        sp_mixed_announce(m, base, unit + units);
        sp_bit_set(starts, unit + units);
        m->live_units -= length - units;
        release(m, base, unit + units, length - units);
        return true;
    }
    if (!sp_mixed_is_free(m, next))
        return false;
    uint32_t room = sp_mixed_length(m, next), more = units - length;
    if (room < more)
        return false;
    room = sp_mixed_unlink(m, base, next);
    if (room < more) {
        return false; /* overwritten; told */
    }
    sp_mixed_check_freed(m, base, next, next, more);
    if (room > more) {
        sp_mixed_announce(m, base, unit + units);
        sp_bit_set(starts, unit + units);
    }
    sp_bit_clear(starts, next);
    if (room > more)
        sp_mixed_insert(m, base, unit + units, room - more);
    m->live_units += more;
    return true;
}

bool sp_mixed_may_stretch(const SpMixed *m, uint32_t unit, uint32_t units)
{
    return m->algorithm != SPACES_SMALL_V3 && unit + sp_mixed_length(m, unit) == m->top &&
           units <= m->units - unit;
}

void sp_mixed_stretch(SpMixed *m, uint32_t unit, uint32_t units)
{
    m->live_units += units - sp_mixed_length(m, unit);
    sp_store_release(&m->top, unit + units);
}

/* Fewest units of what is on a list. */
static uint32_t list_least(uint32_t list)
{
    uint32_t level = list / SP_MIXED_SUBS, sub = list % SP_MIXED_SUBS;
    return level ? (SP_MIXED_SUBS + sub) << (level - 1) : sub;
}

int sp_mixed_room(const SpMixed *m)
{
    uint32_t most = m->units - m->top;
    if (m->level_map) {
        uint32_t level = sp_log2(m->level_map);
        uint32_t least = list_least(level * SP_MIXED_SUBS + sp_log2(m->sub_map[level]));
        if (least > most)
            most = least;
    }
    return most ? (int)sp_log2(most) : -1;
}
