/* mixed_free.c - see mixed_free.h. */
#include "mixed_free.h"

#include <string.h>

#include "../include/spaces.h"
#include "classes.h"
#include "mixed.h"
#include "mixed_bits.h"

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

/* Bytes at the start of free memory that say what it is. */
static uint64_t written_bytes(const SpMixed *m)
{
    return m->algorithm == SPACES_SMALL_V3 ? offsetof(SpStretch, prev) : sizeof(SpStretch);
}

/* Debug build: free memory holds nothing but the fill pattern, but for its
 * first bytes. */
void sp_mixed_fill_freed(const SpMixed *m, char *base, uint32_t from, uint32_t units)
{
    if (SP_DEBUG)
        memset(base + sp_mixed_offset(m, from), SP_FILL_FREED, sp_mixed_offset(m, units));
}

/* Look at units that leave a free stretch which starts at `stretch`. */
void sp_mixed_check_freed(const SpMixed *m, const char *base, uint32_t stretch, uint32_t from,
                          uint32_t units)
{
    if (!SP_DEBUG)
        return;
    uint64_t at = sp_mixed_offset(m, from), end = at + sp_mixed_offset(m, units);
    if (from == stretch)
        at += written_bytes(m);
    for (; at < end; at++)
        if ((uint8_t)base[at] != SP_FILL_FREED) {
            note_damage(at);
            return;
        }
}

/* ---- lists ---------------------------------------------------------------------- */

uint32_t sp_mixed_list_of(const SpMixed *m, uint32_t units)
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

void sp_mixed_list_mark(SpMixed *m, uint32_t list)
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
    write_words(m, sp_mixed_stretch_at(m, base, unit),
                (StretchWords){s.next ^ key, guard ^ key, s.prev ^ key, s.units ^ key});
}

/* In the debug build the fill pattern that it holds will do. */
void sp_mixed_announce(const SpMixed *m, char *base, uint32_t unit)
{
    if (SP_DEBUG)
        return;
    write_stretch(m, base, unit,
                  m->algorithm == SPACES_SMALL_V3
                      ? (SpStretch){SP_MIXED_NO_UNIT, 0, 0, 0}
                      : (SpStretch){SP_MIXED_NO_UNIT, 0, SP_MIXED_NO_UNIT, 1});
}

void sp_mixed_swallow(const SpMixed *m, char *base, uint32_t unit)
{
    if (SP_DEBUG)
        write_words(m, sp_mixed_stretch_at(m, base, unit),
                    (StretchWords){0} + SP_FILL_FREED * 0x01010101u);
}

bool sp_mixed_is_free(const SpMixed *m, uint32_t unit)
{
    return sp_mixed_is_start(m, unit) && !sp_bit_at(sp_mixed_lives(m), unit);
}

/* Read it: false where it was overwritten. */
bool sp_mixed_read_stretch(const SpMixed *m, char *base, uint32_t unit, SpStretch *out)
{
    uint32_t key = (uint32_t)m->key;
    const SpStretch *at = sp_mixed_stretch_at(m, base, unit);
    bool v3 = m->algorithm == SPACES_SMALL_V3;
    *out = (SpStretch){at->next ^ key, at->guard ^ key, 0, 0};
    if (!v3) {
        out->prev = at->prev ^ key;
        out->units = at->units ^ key;
    }
    if (out->guard != sp_stretch_guard(unit, out->next, out->prev, out->units) ||
        (out->next != SP_MIXED_NO_UNIT && !sp_mixed_is_free(m, out->next)))
        return false;
    return v3 || ((out->prev == SP_MIXED_NO_UNIT || sp_mixed_is_free(m, out->prev)) && out->units &&
                  out->units <= m->top - unit);
}

/* What stands at a unit's start was overwritten: note it, and make lists anew. */
void sp_mixed_overwritten(SpMixed *m, char *base, uint32_t unit)
{
    note_damage(sp_mixed_offset(m, unit));
    sp_mixed_rebuild(m, base);
}

/* Put what starts at a unit on its list. Its bits say already that it is free.
 * A first one of the list that was overwritten keeps that until it is taken. */
void sp_mixed_insert(SpMixed *m, char *base, uint32_t unit, uint32_t units)
{
    bool v3 = m->algorithm == SPACES_SMALL_V3;
    uint32_t list = sp_mixed_list_of(m, units), next = m->lists[list];
    SpStretch first;
    if (!v3 && next != SP_MIXED_NO_UNIT && sp_mixed_read_stretch(m, base, next, &first)) {
        first.prev = unit;
        write_stretch(m, base, next, first);
    }
    write_stretch(m, base, unit,
                  v3 ? (SpStretch){next, 0, 0, 0} : (SpStretch){next, 0, SP_MIXED_NO_UNIT, units});
    m->lists[list] = unit;
    sp_mixed_list_mark(m, list);
    m->free_units += units;
}

/* Take free memory off its list: its units, or 0 where something was overwritten
 * and the lists have been rebuilt. */
uint32_t sp_mixed_unlink(SpMixed *m, char *base, uint32_t unit)
{
    SpStretch s, other;
    if (sp_unlikely(!sp_mixed_read_stretch(m, base, unit, &s))) {
        sp_mixed_overwritten(m, base, unit);
        return 0;
    }
    if (s.next != SP_MIXED_NO_UNIT) {
        if (sp_unlikely(!sp_mixed_read_stretch(m, base, s.next, &other))) {
            sp_mixed_overwritten(m, base, s.next);
            return 0;
        }
        other.prev = s.prev;
        write_stretch(m, base, s.next, other);
    }
    uint32_t list = sp_mixed_list_of(m, s.units);
    if (s.prev == SP_MIXED_NO_UNIT) {
        m->lists[list] = s.next;
        sp_mixed_list_mark(m, list);
    } else if (sp_likely(sp_mixed_read_stretch(m, base, s.prev, &other))) {
        other.next = s.next;
        write_stretch(m, base, s.prev, other);
    } else {
        sp_mixed_overwritten(m, base, s.prev);
        return 0;
    }
    m->free_units -= s.units;
    return s.units;
}
