/*
 * walker_mixed.c - slabs of blocks of any size, a window of their bitmaps at a
 * time.
 *
 *   starts |1000100100000000|0010000001000000|          1: something starts here
 *   live   |1000000100000000|0010000000000000|          1: and it is a live block
 *           a   b  c         ^ d      e      top
 *           first            end                        c goes on to d, in the
 *                                                       window behind this one
 *
 * What starts in a window is told with it, wherever it ends; a window in which
 * nothing starts is passed over.
 */
#include "walker_parts.h"

/* Words of a bitmap that are read at once. */
#define WORDS 256u
/* The fields before the lists. */
#define MIXED_HEAD offsetof(SpMixed, level_map)

_Static_assert(WORDS * 64 == SP_WINDOW_UNITS, "a window's bitmap is read at once");

/* ---- the structure ------------------------------------------------------ */

static void mixed_flaw(SpDecoder *d, const SpMixed *mixed, size_t offset, const char *reason)
{
    sp_walk_flaw(d, "What is known of a slab of blocks of any size",
                 (uint64_t)(uintptr_t)d->slab.mixed, mixed, MIXED_HEAD, offset, reason);
}

/* Room for the units' bytes: in the slab's run; in an area, in the address space. */
static uint64_t room(const SpDecoder *d)
{
    uint64_t base = sp_walk_base(d);
    if (d->slab.flags & SP_SLAB_AREA)
        return SP_ADDRESS_END - base;
    uint64_t segment = d->header & ~(SP_SEGMENT_SIZE - 1);
    uint64_t index = (d->header - segment - offsetof(SpSegment, slabs)) / sizeof(SpSlab);
    return segment + ((index + d->slab.slabs) << SP_SLAB_SHIFT) - base;
}

/* Whether a bitmap lies behind the structure, clear of the other one. */
static bool bitmap_fits(const SpMixed *mixed, uint64_t address, uint32_t at, uint32_t other)
{
    uint64_t bytes = ((uint64_t)mixed->units + 63) / 64 * 8;
    return at >= offsetof(SpMixed, lists) && at % 8 == 0 && at + bytes < SP_ADDRESS_END - address &&
           (at >= other + bytes || other >= at + bytes);
}

/* Whether everything that the places of blocks depend on is possible. */
static bool mixed_sound(SpDecoder *d, const SpMixed *m)
{
    uint64_t address = (uint64_t)(uintptr_t)d->slab.mixed;
    uint32_t shift = m->algorithm ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT;
    if (m->magic != SP_MIXED_MAGIC)
        mixed_flaw(d, m, offsetof(SpMixed, magic), "its magic number was overwritten");
    else if (m->algorithm != 0 && m->algorithm != 3)
        mixed_flaw(d, m, offsetof(SpMixed, algorithm), "its algorithm is none there is");
    else if (m->shift != shift)
        mixed_flaw(d, m, offsetof(SpMixed, shift), "its unit does not fit its algorithm");
    else if (m->units == SP_MIXED_NO_UNIT || (uint64_t)m->units << shift > room(d))
        mixed_flaw(d, m, offsetof(SpMixed, units),
                   "it has more units than its memory has room for");
    else if (m->top > m->units)
        mixed_flaw(d, m, offsetof(SpMixed, top), "its top lies behind its last unit");
    else if (!bitmap_fits(m, address, m->starts_at, m->live_at))
        mixed_flaw(d, m, offsetof(SpMixed, starts_at), "its bitmaps are not where they can be");
    else if (!bitmap_fits(m, address, m->live_at, m->starts_at))
        mixed_flaw(d, m, offsetof(SpMixed, live_at), "its bitmaps are not where they can be");
    return !d->damage.kind;
}

SpDecodeResult sp_walk_mixed(SpDecoder *d, SpMemory *memory)
{
    uint64_t address = (uint64_t)(uintptr_t)d->slab.mixed;
    union {
        SpMixed mixed;
        char head[MIXED_HEAD];
    } copy;
    sp_walk_none(d);
    if (!address) /* being made, or given up */
        return SP_DECODE_OK;
    const void *bytes = memory->read(memory, address, MIXED_HEAD);
    if (!bytes)
        return SP_DECODE_UNREADABLE;
    memcpy(copy.head, bytes, MIXED_HEAD);
    if (!mixed_sound(d, &copy.mixed))
        return SP_DECODE_DAMAGED;
    const SpMixed *m = &copy.mixed;
    d->mixed = (SpMixedView){.starts = address + m->starts_at,
                             .live = address + m->live_at,
                             .key = m->key,
                             .algorithm = m->algorithm,
                             .shift = m->shift,
                             .units = m->units,
                             .top = m->top};
    if (!d->slab.heap)
        sp_walk_header_flaw(d, offsetof(SpSlab, heap), "the slab belongs to no heap");
    /* Counters may be one operation behind the bits, never beyond what there is. */
    if (m->blocks > m->top)
        mixed_flaw(d, m, offsetof(SpMixed, blocks), "it counts more live blocks than it has units");
    if (m->free_units > m->units)
        mixed_flaw(d, m, offsetof(SpMixed, free_units), "it counts more free units than it has");
    if (m->live_units > m->units)
        mixed_flaw(d, m, offsetof(SpMixed, live_units), "it counts more live units than it has");
    return m->top ? sp_walk_mixed_window(d, memory, 0) : SP_DECODE_OK;
}

/* ---- bitmaps ------------------------------------------------------------- */

/* Words [word, word + count) of a bitmap, its bits from top on as 0. */
static bool read_words(const SpDecoder *d, SpMemory *memory, uint64_t bitmap, uint32_t word,
                       uint32_t count, uint64_t *out)
{
    const void *bytes = memory->read(memory, bitmap + (uint64_t)word * 8, (size_t)count * 8);
    if (!bytes)
        return false;
    memcpy(out, bytes, (size_t)count * 8);
    uint32_t last = (d->mixed.top - 1) / 64;
    if (d->mixed.top % 64 && word + count > last)
        out[last - word] &= (UINT64_C(1) << d->mixed.top % 64) - 1;
    return true;
}

/* Words from `word` on that have bits below top, WORDS at most. */
static uint32_t words_from(const SpDecoder *d, uint32_t word)
{
    uint32_t end = (uint32_t)(((uint64_t)d->mixed.top + 63) / 64);
    return end - word < WORDS ? end - word : WORDS;
}

/* The first start at or above `unit`, a multiple of 64: top where there is none. */
static bool start_from(const SpDecoder *d, SpMemory *memory, uint64_t unit, uint32_t *start)
{
    uint64_t words[WORDS];
    *start = d->mixed.top;
    while (unit < d->mixed.top) {
        uint32_t word = (uint32_t)(unit / 64), count = words_from(d, word);
        if (!read_words(d, memory, d->mixed.starts, word, count, words))
            return false;
        for (uint32_t i = 0; i < count; i++)
            if (words[i]) {
                *start = (word + i) * 64 + (uint32_t)__builtin_ctzll(words[i]);
                return true;
            }
        unit += (uint64_t)count * 64;
    }
    return true;
}

uint32_t sp_walk_mixed_start(const SpDecoder *d, SpMemory *memory, uint32_t unit)
{
    uint64_t words[WORDS];
    uint32_t end = unit / 64 + 1, from = end - 1;
    uint64_t mask = UINT64_MAX >> (63 - unit % 64);
    for (;; end = from, from = end < WORDS ? 0 : end - WORDS, mask = UINT64_MAX) {
        if (!read_words(d, memory, d->mixed.starts, from, end - from, words))
            return SP_NO_BLOCK;
        words[end - from - 1] &= mask;
        for (uint32_t i = end - from; i > 0; i--)
            if (words[i - 1])
                return (from + i - 1) * 64 + 63 - (uint32_t)__builtin_clzll(words[i - 1]);
        if (!from)
            return SP_NO_BLOCK;
    }
}

uint32_t sp_walk_mixed_after(const SpDecoder *d, uint32_t unit)
{
    uint32_t i = unit + 1 - d->first, words = (d->end - d->first + 63) / 64;
    if (unit >= d->end - 1)
        return d->mixed.next;
    uint64_t word = d->starts[i / 64] & UINT64_MAX << i % 64;
    for (i /= 64; !word && ++i < words;)
        word = d->starts[i];
    return word ? d->first + i * 64 + (uint32_t)__builtin_ctzll(word) : d->mixed.next;
}

uint32_t sp_walk_mixed_unit(const SpDecoder *d, uint64_t address)
{
    uint64_t unit = (address - sp_walk_base(d)) >> d->mixed.shift;
    return address >= sp_walk_base(d) && unit < d->mixed.top ? (uint32_t)unit : SP_NO_BLOCK;
}

/* ---- windows ------------------------------------------------------------- */

/* Damage of the bitmaps, at the word that a unit's bit is in. */
static void bit_flaw(SpDecoder *d, uint64_t bitmap, uint32_t unit, const uint64_t *words,
                     const char *reason)
{
    uint32_t word = (unit - d->first) / 64;
    sp_walk_flaw(d, "The map of a slab's blocks", bitmap + (uint64_t)(unit / 64) * 8, &words[word],
                 sizeof words[word], unit % 64 / 8, reason);
}

/* What is in use, and how much. */
static void count_live(SpDecoder *d)
{
    for (uint32_t i = sp_decode_first(d); i != SP_NO_BLOCK; i = sp_decode_after(d, i)) {
        d->blocks++;
        if (sp_walk_is_freed(d, i))
            continue;
        uint64_t span = (uint64_t)(sp_walk_mixed_after(d, i) - i) << d->mixed.shift;
        if (d->debug) {
            SpRecord record = sp_walk_record(d, i);
            if (record.state != SP_RECORD_LIVE)
                continue;
            if (sp_walk_record_fits(d, &record, sp_walk_address(d, i), span))
                span = sp_walk_requested(d, &record);
        }
        d->live++;
        d->live_bytes += span;
    }
}

SpDecodeResult sp_walk_mixed_window(SpDecoder *d, SpMemory *memory, uint32_t unit)
{
    uint32_t word = unit / SP_WINDOW_UNITS * WORDS, count = words_from(d, word);
    SpDecodeResult result;
    sp_walk_none(d);
    d->first = word * 64;
    uint64_t live[WORDS];
    if (!read_words(d, memory, d->mixed.starts, word, count, d->starts) ||
        !read_words(d, memory, d->mixed.live, word, count, live) ||
        !start_from(d, memory, (uint64_t)(word + count) * 64, &d->mixed.next)) {
        d->mixed.next = d->mixed.top;
        return SP_DECODE_UNREADABLE;
    }
    uint64_t end = (uint64_t)(word + count) * 64;
    d->end = end < d->mixed.top ? (uint32_t)end : d->mixed.top;
    if (!d->first && !(d->starts[0] & 1))
        bit_flaw(d, d->mixed.starts, 0, d->starts, "nothing starts at the first unit");
    for (uint32_t i = 0; i < count; i++) {
        uint64_t stray = live[i] & ~d->starts[i];
        if (stray)
            bit_flaw(d, d->mixed.live, d->first + i * 64 + (uint32_t)__builtin_ctzll(stray), live,
                     "a block is live where none starts");
        d->freed[i] = d->starts[i] & ~live[i];
    }
    if (d->debug && !sp_walk_fetch_records(d, memory, &result)) {
        uint32_t next = d->mixed.next;
        sp_walk_none(d);
        d->mixed.next = next;
        return result;
    }
    count_live(d);
    return SP_DECODE_OK;
}

bool sp_decode_current(const SpDecoder *d, SpMemory *memory)
{
    uint64_t words[WORDS];
    uint32_t word = d->first / 64, next, count;
    if (!sp_walk_is_mixed(d) || d->result != SP_DECODE_OK || d->end <= d->first)
        return false;
    count = (d->end - d->first + 63) / 64;
    const void *top =
        memory->read(memory, (uint64_t)(uintptr_t)d->slab.mixed + offsetof(SpMixed, top), 4);
    if (!top || memcmp(top, &d->mixed.top, 4))
        return false;
    if (!read_words(d, memory, d->mixed.starts, word, count, words) ||
        memcmp(words, d->starts, count * sizeof words[0]) ||
        !read_words(d, memory, d->mixed.live, word, count, words))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (d->freed[i] != (d->starts[i] & ~words[i]))
            return false;
    return start_from(d, memory, (uint64_t)(word + count) * 64, &next) && next == d->mixed.next;
}
