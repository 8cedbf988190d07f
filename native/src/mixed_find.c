/* mixed_find.c - what lies where in an SpMixed: read only, any unit at all. */
#include "mixed.h"
#include "mixed_bits.h"

bool sp_mixed_is_start(const SpMixed *m, uint32_t unit)
{
    return unit < sp_load(&m->top) && sp_bit_at(sp_mixed_starts(m), unit);
}

bool sp_mixed_is_live(const SpMixed *m, uint32_t unit)
{
    return sp_mixed_is_start(m, unit) && sp_bit_at(sp_mixed_lives(m), unit);
}

uint32_t sp_mixed_start(const SpMixed *m, uint32_t unit)
{
    const uint64_t *map = sp_mixed_starts(m);
    if (unit >= sp_load(&m->top))
        return SP_MIXED_NO_UNIT;
    uint32_t word = unit / 64;
    uint64_t bits = sp_load(&map[word]) & (~UINT64_C(0) >> (63 - unit % 64));
    while (!bits) {
        if (!word)
            return SP_MIXED_NO_UNIT;
        bits = sp_load(&map[--word]);
    }
    return word * 64 + sp_log2(bits);
}

uint32_t sp_mixed_length(const SpMixed *m, uint32_t unit)
{
    const uint64_t *map = sp_mixed_starts(m);
    uint32_t top = sp_load(&m->top), from = unit + 1;
    if (from >= top)
        return top > unit ? top - unit : 0;
    uint32_t word = from / 64, last = (top - 1) / 64;
    uint64_t bits = sp_load(&map[word]) & (~UINT64_C(0) << (from % 64));
    while (!bits) {
        if (word == last)
            return top - unit;
        bits = sp_load(&map[++word]);
    }
    uint32_t next = word * 64 + (uint32_t)__builtin_ctzll(bits);
    return (next < top ? next : top) - unit;
}
