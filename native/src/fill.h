/* fill.h - stretches of one byte, written and compared sixteen bytes at a time: most are a few
 * dozen bytes long, where a call of memset costs more than the stores. */
#ifndef SPACES_FILL_H
#define SPACES_FILL_H

#include <emmintrin.h>
#include <string.h>

#include "base.h"

/* Longer stretches are libc's. */
#define SP_FILL_INLINE 512u

/* Make all bytes one value; any alignment, any width. */
static inline void sp_fill(char *bytes, uint8_t value, uint64_t width)
{
    if (width > SP_FILL_INLINE) {
        memset(bytes, value, width);
    } else if (width >= 16) {
        const __m128i all = _mm_set1_epi8((char)value);
        for (uint64_t i = 0; i + 16 < width; i += 16)
            _mm_storeu_si128((__m128i *)(void *)(bytes + i), all);
        _mm_storeu_si128((__m128i *)(void *)(bytes + width - 16), all);
    } else if (width >= 8) {
        const uint64_t all = UINT64_C(0x0101010101010101) * value;
        memcpy(bytes, &all, 8);
        memcpy(bytes + width - 8, &all, 8);
    } else {
        for (uint64_t i = 0; i < width; i++)
            ((volatile char *)bytes)[i] = (char)value; /* no call of memset */
    }
}

/* Whether all bytes have one value; any alignment, any width. */
static inline bool sp_all_are(const char *bytes, uint64_t width, uint8_t value)
{
    if (width >= 16) {
        const __m128i all = _mm_set1_epi8((char)value);
        __m128i same = _mm_set1_epi8(-1);
        for (uint64_t i = 0; i + 16 < width; i += 16)
            same = _mm_and_si128(
                same,
                _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + i)), all));
        same = _mm_and_si128(
            same,
            _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + width - 16)),
                           all)); /* overlaps what was seen */
        return _mm_movemask_epi8(same) == 0xffff;
    }
    if (width >= 8) {
        const uint64_t all = UINT64_C(0x0101010101010101) * value;
        uint64_t first, last;
        memcpy(&first, bytes, 8);
        memcpy(&last, bytes + width - 8, 8);
        return !((first ^ all) | (last ^ all));
    }
    for (uint64_t i = 0; i < width; i++)
        if ((uint8_t)bytes[i] != value)
            return false;
    return true;
}

#endif
