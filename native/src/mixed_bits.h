/*
 * mixed_bits.h - the two bitmaps of an SpMixed. Whoever changes them holds what
 * guards the SpMixed; each change is one store with release, so that another
 * process, or who looks after a death, finds them in this order.
 */
#ifndef SPACES_MIXED_BITS_H
#define SPACES_MIXED_BITS_H

#include "base.h"

static inline uint64_t *sp_mixed_starts(const SpMixed *m)
{
    return (uint64_t *)((uintptr_t)m + m->starts_at);
}

static inline uint64_t *sp_mixed_lives(const SpMixed *m)
{
    return (uint64_t *)((uintptr_t)m + m->live_at);
}

static inline bool sp_bit_at(const uint64_t *map, uint32_t i)
{
    return sp_load(&map[i / 64]) >> (i % 64) & 1;
}

static inline void sp_bit_set(uint64_t *map, uint32_t i)
{
    sp_store_release(&map[i / 64], map[i / 64] | UINT64_C(1) << (i % 64));
}

static inline void sp_bit_clear(uint64_t *map, uint32_t i)
{
    sp_store_release(&map[i / 64], map[i / 64] & ~(UINT64_C(1) << (i % 64)));
}

/* Clear bits [from, to). */
static inline void sp_bits_clear(uint64_t *map, uint32_t from, uint32_t to)
{
    while (from < to && from % 64)
        sp_bit_clear(map, from++);
    for (; from + 64 <= to; from += 64)
        sp_store(&map[from / 64], 0);
    while (from < to)
        sp_bit_clear(map, from++);
}

static inline uint32_t sp_mixed_words(const SpMixed *m)
{
    return (m->units + 63) / 64;
}

#endif
