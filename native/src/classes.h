/*
 * classes.h - size classes. 52 small ones, of 8 bytes to 8 KiB, and 12 medium
 * ones to 64 KiB: by 8 to 64, then eight a doubling to 1 KiB, then four. At
 * most 12.5 % of a block is lost to rounding up to 1 KiB, 25 % above.
 *
 * Two tables, as malloc promises 16-byte alignment from 16 bytes on, and so
 * uses the classes that are multiples of 16 only.
 */
#ifndef SPACES_CLASSES_H
#define SPACES_CLASSES_H

#include "base.h"

#define SP_SMALL_MAX  8192u
#define SP_MEDIUM_MAX 65536u

SP_HIDDEN extern uint8_t sp_malloc_bin[SP_SMALL_MAX / 8 + 1];
SP_HIDDEN extern uint8_t sp_word_bin[SP_SMALL_MAX / 8 + 1];
SP_HIDDEN extern uint32_t sp_bin_size[SP_CLASS_COUNT];
/* Sizes up to this have an entry each, by (size - 1) / 8, in SpHeap.direct. */
#define SP_DIRECT_MAX   1024u
#define SP_DIRECT_COUNT (SP_DIRECT_MAX / 8)
/* The entries that are a bin's: none for bins that malloc does not use. */
SP_HIDDEN extern uint8_t sp_direct_first[SP_BIN_COUNT], sp_direct_count[SP_BIN_COUNT];
/* Slabs in a run of blocks of this size, up to 64 KiB: as few as leave at most an
 * eighth of the run unused. A run is a heap's own until its last block is free, so
 * that long ones cost memory in every heap that has one. */
static inline uint32_t sp_slabs_for(uint32_t block_size)
{
    uint32_t slabs = 1;
    while (slabs * (uint32_t)SP_SLAB_SIZE % block_size > slabs * (uint32_t)SP_SLAB_SIZE / 8)
        slabs++;
    return slabs;
}

SP_HIDDEN void sp_classes_init(void);
/* Bin of a size of 1 to 64 KiB whose blocks lie at multiples of `align` (a
 * power of two up to 4096); SP_CLASS_COUNT where there is none. */
SP_HIDDEN unsigned sp_bin_for(size_t size, size_t align);

#endif
