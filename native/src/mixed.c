/* mixed.c - see mixed.h. Lists of free memory, and the operations on blocks. */
#include "mixed.h"

#include <string.h>

#include "../include/spaces.h"
#include "classes.h"
#include "mixed_bits.h"

/* Stretches of a list that a request's own size class is searched for. */
#define EXACT_TRIES 16

/* ---- damage ------------------------------------------------------------------ */

static SP_TLS uint64_t damaged_at; /* offset + 1, 0: none */

static SP_COLD void note_damage(uint64_t offset)
{
    if (!damaged_at)
        damaged_at = offset + 1;
}

bool sp_mixed_damaged(uint64_t *offset)
{
    if (sp_likely(!damaged_at))
        return false;
    *offset = damaged_at - 1;
    damaged_at = 0;
    return true;
}

/* ---- free memory ---------------------------------------------------------------- */

static uint64_t offset_of(const SpMixed *m, uint32_t unit)
{
    return (uint64_t)unit << m->shift;
}

static SpStretch *stretch_at(const SpMixed *m, char *base, uint32_t unit)
{
    return (SpStretch *)(base + offset_of(m, unit));
}

/* Bytes at the start of free memory that say what it is. */
static uint64_t written_bytes(const SpMixed *m)
{
    return m->algorithm == SPACES_SMALL_V3 ? offsetof(SpStretch, prev) : sizeof(SpStretch);
}

/* Debug build: free memory holds nothing but the fill pattern, but for its
 * first bytes. */
static void fill_freed(const SpMixed *m, char *base, uint32_t from, uint32_t units)
{
    if (SP_DEBUG)
        memset(base + offset_of(m, from), SP_FILL_FREED, offset_of(m, units));
}

/* Look at units that leave a free stretch which starts at `stretch`. */
static void check_freed(const SpMixed *m, const char *base, uint32_t stretch, uint32_t from,
                        uint32_t units)
{
    if (!SP_DEBUG)
        return;
    uint64_t at = offset_of(m, from), end = at + offset_of(m, units);
    if (from == stretch)
        at += written_bytes(m);
    for (; at < end; at++)
        if ((uint8_t)base[at] != SP_FILL_FREED) {
            note_damage(at);
            return;
        }
}

/* ---- lists ---------------------------------------------------------------------- */

static uint32_t list_of(const SpMixed *m, uint32_t units)
{
    if (m->algorithm == SPACES_SMALL_V3) {
        /* The largest class that it holds. */
        uint32_t bytes = units << m->shift;
        uint32_t bin = sp_word_bin[units < SP_SMALL_MAX / 8 ? units : SP_SMALL_MAX / 8];
        return sp_bin_size[bin] <= bytes ? bin : bin - 1;
    }
    if (units < SP_MIXED_SUBS)
        return units;
    uint32_t log = sp_log2(units);
    return (log - 2) * SP_MIXED_SUBS + (units >> (log - 3) & (SP_MIXED_SUBS - 1));
}

/* Fewest units of what is on a list. */
static uint32_t list_least(uint32_t list)
{
    uint32_t level = list / SP_MIXED_SUBS, sub = list % SP_MIXED_SUBS;
    return level ? (SP_MIXED_SUBS + sub) << (level - 1) : sub;
}

static void list_mark(SpMixed *m, uint32_t list)
{
    uint32_t level = list / SP_MIXED_SUBS;
    uint8_t sub = (uint8_t)(1u << list % SP_MIXED_SUBS);
    if (m->lists[list] != SP_MIXED_NO_UNIT)
        m->sub_map[level] |= sub;
    else
        m->sub_map[level] &= (uint8_t)~sub;
    if (m->sub_map[level])
        m->level_map |= 1u << level;
    else
        m->level_map &= ~(1u << level);
}

/* What stands there is written by one instruction: whoever looks from outside, between any two,
 * finds it whole. */
typedef uint32_t StretchWords __attribute__((vector_size(16), may_alias));
typedef uint64_t TwoWords __attribute__((may_alias));

static void write_words(const SpMixed *m, SpStretch *at, StretchWords words)
{
    if (m->algorithm == SPACES_SMALL_V3)
        *(TwoWords *)at = words[0] | (uint64_t)words[1] << 32;
    else
        *(StretchWords *)at = words;
}

/* Write what stands at the start of free memory. */
static void write_stretch(const SpMixed *m, char *base, uint32_t unit, SpStretch s)
{
    uint32_t key = (uint32_t)m->key, guard = sp_stretch_guard(unit, s.next, s.prev, s.units);
    write_words(m, stretch_at(m, base, unit),
                (StretchWords){s.next ^ key, guard ^ key, s.prev ^ key, s.units ^ key});
}

/* Before its bits say that it is free, so that nobody takes it for overwritten. In the debug build
 * the fill pattern that it holds will do. */
static void announce(const SpMixed *m, char *base, uint32_t unit)
{
    if (SP_DEBUG)
        return;
    write_stretch(m, base, unit,
                  m->algorithm == SPACES_SMALL_V3
                      ? (SpStretch){SP_MIXED_NO_UNIT, 0, 0, 0}
                      : (SpStretch){SP_MIXED_NO_UNIT, 0, SP_MIXED_NO_UNIT, 1});
}

static bool is_free(const SpMixed *m, uint32_t unit)
{
    return sp_mixed_is_start(m, unit) && !sp_bit_at(sp_mixed_lives(m), unit);
}

/* Read it: false where it was overwritten. */
static bool read_stretch(const SpMixed *m, char *base, uint32_t unit, SpStretch *out)
{
    uint32_t key = (uint32_t)m->key;
    const SpStretch *at = stretch_at(m, base, unit);
    bool v3 = m->algorithm == SPACES_SMALL_V3;
    *out = (SpStretch){at->next ^ key, at->guard ^ key, 0, 0};
    if (!v3) {
        out->prev = at->prev ^ key;
        out->units = at->units ^ key;
    }
    if (out->guard != sp_stretch_guard(unit, out->next, out->prev, out->units) ||
        (out->next != SP_MIXED_NO_UNIT && !is_free(m, out->next)))
        return false;
    return v3 || ((out->prev == SP_MIXED_NO_UNIT || is_free(m, out->prev)) && out->units &&
                  out->units <= m->top - unit);
}

/* What stands at a unit's start was overwritten: note it, and make lists anew. */
static SP_COLD void overwritten(SpMixed *m, char *base, uint32_t unit)
{
    note_damage(offset_of(m, unit));
    sp_mixed_rebuild(m, base);
}

/* Put what starts at a unit on its list. Its bits say already that it is free.
 * A first one of the list that was overwritten keeps that until it is taken. */
static void insert(SpMixed *m, char *base, uint32_t unit, uint32_t units)
{
    bool v3 = m->algorithm == SPACES_SMALL_V3;
    uint32_t list = list_of(m, units), next = m->lists[list];
    SpStretch first;
    if (!v3 && next != SP_MIXED_NO_UNIT && read_stretch(m, base, next, &first)) {
        first.prev = unit;
        write_stretch(m, base, next, first);
    }
    write_stretch(m, base, unit,
                  v3 ? (SpStretch){next, 0, 0, 0} : (SpStretch){next, 0, SP_MIXED_NO_UNIT, units});
    m->lists[list] = unit;
    list_mark(m, list);
    m->free_units += units;
}

/* Take free memory off its list: its units, or 0 where something was overwritten
 * and the lists have been rebuilt. */
static uint32_t unlink_stretch(SpMixed *m, char *base, uint32_t unit)
{
    SpStretch s, other;
    if (sp_unlikely(!read_stretch(m, base, unit, &s))) {
        overwritten(m, base, unit);
        return 0;
    }
    if (s.next != SP_MIXED_NO_UNIT) {
        if (sp_unlikely(!read_stretch(m, base, s.next, &other))) {
            overwritten(m, base, s.next);
            return 0;
        }
        other.prev = s.prev;
        write_stretch(m, base, s.next, other);
    }
    uint32_t list = list_of(m, s.units);
    if (s.prev == SP_MIXED_NO_UNIT) {
        m->lists[list] = s.next;
        list_mark(m, list);
    } else if (sp_likely(read_stretch(m, base, s.prev, &other))) {
        other.next = s.next;
        write_stretch(m, base, s.prev, other);
    } else {
        overwritten(m, base, s.prev);
        return 0;
    }
    m->free_units -= s.units;
    return s.units;
}

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
        while (joins && is_free(m, unit + length)) {
            sp_bit_clear(sp_mixed_starts(m), unit + length);
            length = sp_mixed_length(m, unit);
        }
        if (joins && unit + length == m->top) {
            sp_store_release(&m->top, unit);
            sp_bit_clear(sp_mixed_starts(m), unit);
            break;
        }
        fill_freed(m, base, unit, length);
        insert(m, base, unit, length);
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
    check_freed(m, base, stretch, unit, units);
    if (unit > stretch) {
        announce(m, base, unit);
        sp_bit_set(sp_mixed_starts(m), unit);
    }
    sp_bit_set(sp_mixed_lives(m), unit);
    if (after < end) {
        announce(m, base, after);
        sp_bit_set(sp_mixed_starts(m), after);
        insert(m, base, after, end - after);
    }
    if (unit > stretch)
        insert(m, base, stretch, unit - stretch);
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
    uint32_t list = list_of(m, units), level = list / SP_MIXED_SUBS;
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
    uint32_t length = unlink_stretch(m, base, stretch);
    if (!length)
        return SP_MIXED_NO_UNIT;
    uint32_t unit = (uint32_t)place(m, base, stretch, need);
    return carve(m, base, stretch, length, unit, need->units);
}

/* A stretch of the request's own list may do, though not each does. */
static uint32_t search_exact(SpMixed *m, char *base, const SpMixedNeed *need)
{
    uint32_t unit = m->lists[list_of(m, need->units)];
    for (int tries = 0; tries < EXACT_TRIES && unit != SP_MIXED_NO_UNIT; tries++) {
        SpStretch s;
        if (!read_stretch(m, base, unit, &s)) {
            overwritten(m, base, unit);
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
    uint32_t list = list_of(m, units), unit = m->lists[list];
    SpStretch s;
    if (unit == SP_MIXED_NO_UNIT)
        return unit;
    if (!is_free(m, unit) || !read_stretch(m, base, unit, &s)) {
        overwritten(m, base, unit);
        return SP_MIXED_NO_UNIT;
    }
    uint32_t length = sp_mixed_length(m, unit);
    m->lists[list] = s.next;
    list_mark(m, list);
    m->free_units -= length;
    check_freed(m, base, unit, unit, length);
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
        fill_freed(m, base, gap, unit - gap);
        announce(m, base, gap);
        sp_bit_set(sp_mixed_starts(m), gap);
    }
    sp_store_release(&m->top, unit + need->units);
    if (unit > gap)
        insert(m, base, gap, unit - gap);
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
    if (is_free(m, next)) {
        uint32_t more = unlink_stretch(m, base, next);
        if (!more)
            return; /* rebuilt, this one included */
        if (SP_DEBUG)
            write_words(m, stretch_at(m, base, next),
                        (StretchWords){0} + SP_FILL_FREED * 0x01010101u);
        sp_bit_clear(starts, next);
        units += more;
    }
    uint32_t before = unit ? sp_mixed_start(m, unit - 1) : SP_MIXED_NO_UNIT;
    if (before != SP_MIXED_NO_UNIT && is_free(m, before)) {
        uint32_t more = unlink_stretch(m, base, before);
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
        insert(m, base, unit, units);
    }
}

bool sp_mixed_free(SpMixed *m, char *base, uint32_t unit)
{
    if (!sp_mixed_is_live(m, unit))
        return false;
    uint32_t units = sp_mixed_length(m, unit);
    fill_freed(m, base, unit, units);
    announce(m, base, unit);
    sp_bit_clear(sp_mixed_lives(m), unit);
    m->blocks--;
    m->live_units -= units;
    if (m->algorithm != SPACES_SMALL_V3) {
        release(m, base, unit, units);
    } else if (m->blocks) {
        insert(m, base, unit, units);
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
        fill_freed(m, base, unit + units, length - units);
        announce(m, base, unit + units);
        sp_bit_set(starts, unit + units);
        m->live_units -= length - units;
        release(m, base, unit + units, length - units);
        return true;
    }
    if (!is_free(m, next))
        return false;
    uint32_t room = sp_mixed_length(m, next), more = units - length;
    if (room < more)
        return false;
    room = unlink_stretch(m, base, next);
    if (room < more) {
        return false; /* overwritten; told */
    }
    check_freed(m, base, next, next, more);
    if (room > more) {
        announce(m, base, unit + units);
        sp_bit_set(starts, unit + units);
    }
    sp_bit_clear(starts, next);
    if (room > more)
        insert(m, base, unit + units, room - more);
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
