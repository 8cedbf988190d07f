/*
 * mixed.h - blocks of any size in one stretch of memory (SpMixed in layout.h):
 * finding room, giving it back, resizing where a block stands. It knows neither
 * chunks nor locks: whoever calls holds what guards the stretch, and counts its
 * pages. It keeps no address, so that it serves an area and a shared segment as
 * it serves a slab.
 *
 * `base` is always the address of unit 0; units are numbered from there.
 */
#ifndef SPACES_MIXED_H
#define SPACES_MIXED_H

#include "base.h"

/* Bytes that an SpMixed for so many bytes of data takes, its bitmaps included. */
SP_HIDDEN uint64_t sp_mixed_bytes(uint64_t data_bytes, uint32_t algorithm);
/* Make zeroed memory of that size one that has nothing in it. */
SP_HIDDEN void sp_mixed_init(SpMixed *mixed, uint64_t data_bytes, uint32_t algorithm, uint64_t key);

/* Whether it is one for so many bytes, and its geometry intact: what others may have
 * written to can then be worked on, or made anew from its bits, without harm. */
SP_HIDDEN bool sp_mixed_is_sound(const SpMixed *mixed, uint64_t data_bytes, uint32_t algorithm);

/* What a request needs, in units. */
typedef struct SpMixedNeed {
    uint32_t units;
    uintptr_t align; /* bytes, a power of two; a unit or more */
    uintptr_t skew;  /* (address + skew) is the multiple of align */
} SpMixedNeed;

/* Units that a block of `bytes` takes; SP_MIXED_NO_UNIT where that is too many. */
SP_HIDDEN uint32_t sp_mixed_units(const SpMixed *mixed, uint64_t bytes);

/* A block out of what is free below top: its unit, live already, or
 * SP_MIXED_NO_UNIT. */
SP_HIDDEN uint32_t sp_mixed_take(SpMixed *mixed, char *base, const SpMixedNeed *need);
/* Where top would be if the block were put there; SP_MIXED_NO_UNIT where it does not fit. */
SP_HIDDEN uint32_t sp_mixed_top_for(const SpMixed *mixed, const char *base,
                                    const SpMixedNeed *need);
/* Put it there: its unit. After sp_mixed_top_for said that it fits. */
SP_HIDDEN uint32_t sp_mixed_extend(SpMixed *mixed, char *base, const SpMixedNeed *need);

/* Free the block that starts at a unit: false where there is none that lives. */
SP_HIDDEN bool sp_mixed_free(SpMixed *mixed, char *base, uint32_t unit);
/* Give a live block another size where it stands: false where it has no room
 * below top. */
SP_HIDDEN bool sp_mixed_resize(SpMixed *mixed, char *base, uint32_t unit, uint32_t units);
/* Whether a live block ends at top and may grow to so many units over it. */
SP_HIDDEN bool sp_mixed_may_stretch(const SpMixed *mixed, uint32_t unit, uint32_t units);
/* Make it so. */
SP_HIDDEN void sp_mixed_stretch(SpMixed *mixed, uint32_t unit, uint32_t units);

/* Start of the block or free stretch that a unit lies in, or SP_MIXED_NO_UNIT. */
SP_HIDDEN uint32_t sp_mixed_start(const SpMixed *mixed, uint32_t unit);
/* Length of what starts at a unit. */
SP_HIDDEN uint32_t sp_mixed_length(const SpMixed *mixed, uint32_t unit);
SP_HIDDEN bool sp_mixed_is_start(const SpMixed *mixed, uint32_t unit);
SP_HIDDEN bool sp_mixed_is_live(const SpMixed *mixed, uint32_t unit);

/* Largest request, as a power of two in units, that surely fits below top or,
 * where that is more, above it; -1: none. */
SP_HIDDEN int sp_mixed_room(const SpMixed *mixed);

/*
 * Make lists, counters and what stands in free memory anew from the bitmaps:
 * after damage, or where a process died in the middle. Bits that say nothing
 * sensible (live without start, anything beyond top) are cleared.
 */
SP_HIDDEN void sp_mixed_rebuild(SpMixed *mixed, char *base);
/*
 * Whether the calling thread's last take, extend, free or resize came upon free
 * memory that was written to, and where: *offset is the first bad byte's place
 * from base. Told once; lists have been rebuilt since.
 */
SP_HIDDEN bool sp_mixed_damaged(uint64_t *offset);

#endif
