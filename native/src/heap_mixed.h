/*
 * heap_mixed.h - a heap's runs of mixed slabs (SpMixed): where blocks go that no
 * size class takes. Small ones of a chunk with SPACES_SMALL_V3, and of any chunk
 * of the program's those from its small-block threshold up to max_suballoc.
 *
 * The caller owns the heap or holds its lock. A run is counted against the
 * chunk up to its top, in pages.
 */
#ifndef SPACES_HEAP_MIXED_H
#define SPACES_HEAP_MIXED_H

#include "base.h"

/* A block with (block + skew) a multiple of align; NULL with *why. `v3`: by that
 * algorithm, `align` is then 8 or less. */
SP_HIDDEN void *sp_heap_mixed_alloc(SpHeap *heap, uint64_t size, uint64_t align, uint64_t skew,
                                    bool v3, unsigned flags, int *why);
/* False where no live block starts there. */
SP_HIDDEN bool sp_heap_mixed_free(SpSlab *slab, void *block);
/* Give a live block another size where it stands; false where it cannot have it.
 * SPACES_FLAG_NO_GROW: not over what the chunk has. */
SP_HIDDEN bool sp_heap_mixed_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags);
/* Give back what is not in use, as far as the chunk's floor lets it; bytes given. */
SP_HIDDEN uint64_t sp_heap_mixed_shrink(SpHeap *heap);
/* Give up an SP_SLAB_MIXED's out-of-line memory. */
SP_HIDDEN void sp_mixed_unformat(SpSlab *slab);

/* ---- any SP_SLAB_MIXED, areas too ------------------------------------------ */

/* Unit that an address above slab->base lies in; SP_MIXED_NO_UNIT beyond the end. */
static inline uint32_t sp_mixed_unit_of(const SpSlab *slab, const void *address)
{
    uint64_t unit = ((uintptr_t)address - (uintptr_t)slab->base) >> slab->mixed->shift;
    return (const char *)address >= slab->base && unit < slab->mixed->units ? (uint32_t)unit
                                                                            : SP_MIXED_NO_UNIT;
}

static inline char *sp_mixed_address(const SpSlab *slab, uint32_t unit)
{
    return slab->base + ((uint64_t)unit << slab->mixed->shift);
}

/* Tell, once locks are released, of free memory that was found overwritten. */
SP_HIDDEN void sp_mixed_tell_damage(const SpSlab *slab);

#endif
