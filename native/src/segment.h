/*
 * segment.h - the process pool: segments from the system, runs of slabs out of
 * them, and whole segments for blocks that no run holds.
 *
 * A run is handed out with its head's `slabs` set and its other headers made
 * SP_SLAB_PART; kind and the rest are the caller's. Slabs are never discarded
 * on their way back (the next user takes them warm) unless the process's
 * free-byte threshold asks for it.
 *
 * Pool lock: all of SpSegment but magic, cookie, index; thread-safe functions.
 */
#ifndef SPACES_SEGMENT_H
#define SPACES_SEGMENT_H

#include "base.h"

/* One byte for each 4 MiB of address space, SP_MAP_*: what we have there. */
SP_HIDDEN extern uint8_t sp_segment_map[UINT64_C(1) << (SP_ADDRESS_BITS - SP_SEGMENT_SHIFT)];

/*
 * free's short way from an address to the header of its slab: by the slab's
 * number modulo SP_INDEX_SIZE, what to add to the table's own address. 0, that
 * is the table itself, which owns nothing, where there is no slab; a slab whose
 * place another has taken (128 GiB apart) is not in it and is freed the long
 * way. The header found may be another slab's: its fast_owner tells.
 */
#define SP_INDEX_SIZE (UINT64_C(1) << 21)
SP_HIDDEN extern uint64_t sp_slab_index_table[SP_INDEX_SIZE];

static inline SpSlab *sp_slab_guess(const void *p)
{
    uint64_t *entry = &sp_slab_index_table[((uintptr_t)p >> SP_SLAB_SHIFT) & (SP_INDEX_SIZE - 1)];
    return (SpSlab *)((uintptr_t)sp_slab_index_table + sp_load_folded(entry));
}

/* Header of the slab with blocks of one size that p, any address, lies in; NULL
 * where the index does not know it. */
static inline SpSlab *sp_slab_of_known(const void *p)
{
    SpSlab *slab = sp_slab_guess(p);
    uintptr_t address = (uintptr_t)p & ~(uintptr_t)(SP_SLAB_SIZE - 1);
    bool own =
        (uintptr_t)slab != (uintptr_t)sp_slab_index_table && (uintptr_t)slab->base == address;
    return own ? slab : NULL;
}

/* SpSlab.fast_owner of the slab that p lies in, if it is `heap` that owns it. */
static inline uint64_t sp_fast_owner(const void *p, const SpHeap *heap)
{
    return ((uintptr_t)p & ~(uintptr_t)(SP_SLAB_SIZE - 1)) + (uintptr_t)heap;
}

/* Longest run a segment can give. */
#define SP_RUN_MAX (SP_SLABS_PER_SEGMENT - 1)

static inline SpSegment *sp_segment_of(const void *p)
{
    return (SpSegment *)((uintptr_t)p & ~(uintptr_t)(SP_SEGMENT_SIZE - 1));
}

/* Header of the slab that p lies in; p must lie in a mapped segment's first 4 MiB. */
static inline SpSlab *sp_slab_of(const void *p)
{
    /* &segment->slabs[(p >> 16) & 63], said so that it is one shift and one mask. */
    uintptr_t header = ((uintptr_t)p >> (SP_SLAB_SHIFT - 7)) & ((SP_SLABS_PER_SEGMENT - 1) << 7);
    return (SpSlab *)((char *)sp_segment_of(p) + offsetof(SpSegment, slabs) + header);
}

/* Address of the slab that a header describes. */
static inline char *sp_slab_address(const SpSlab *slab)
{
    SpSegment *segment = sp_segment_of(slab);
    return (char *)segment + ((uint64_t)(slab - segment->slabs) << SP_SLAB_SHIFT);
}

/* Head of the run or large block that p, any address at all, lies in; NULL
 * where p is not in memory that is in use. Never faults. */
SP_HIDDEN SpSlab *sp_slab_find(const void *p);

/* Set or clear SP_MAP_AREA for all 4 MiB that a range reaches into. */
SP_HIDDEN void sp_segment_mark_area(const void *start, uint64_t bytes, bool present);
/* Whether free's short way may come to slabs in the 4 MiB of an address; and have
 * it pass by the slab of an address, as an area lies in one of its blocks. */
SP_HIDDEN bool sp_segment_has_slabs(const void *p);
SP_HIDDEN void sp_segment_hide_slab(const void *p, bool hidden);

/* Which memory a run is to have. SP_RUN_FULL: all of it will be used, so that it may as well be
 * there already. SP_RUN_LIGHT (a single slab): a little of it, so that memory of which little
 * or nothing was used before will do, and the rest stays for others. SP_RUN_USED: as
 * SP_RUN_FULL, or none. */
typedef enum SpRunUse { SP_RUN_FULL, SP_RUN_LIGHT, SP_RUN_USED } SpRunUse;

/* A run of 1 to SP_RUN_MAX slabs, its flags SP_SLAB_ZEROED where its bytes are
 * known to be zero. NULL with *why = an error code; SP_RUN_USED sets none. Except
 * for SP_RUN_LIGHT, whose user keeps SpSlab.touched, all of it counts as used. */
SP_HIDDEN SpSlab *sp_run_alloc(uint32_t slabs, SpRunUse use, int *why);
SP_HIDDEN void sp_run_free(SpSlab *head);
/* A segment of its own with room for `bytes` at an address that is a multiple
 * of `align`, which *data receives; slabs[1] is the head. */
SP_HIDDEN SpSlab *sp_large_segment_alloc(uint64_t bytes, uint64_t align, char **data, int *why);
SP_HIDDEN void sp_large_segment_free(SpSlab *head);

/* Give unused memory beyond `keep` bytes back to the system; bytes given. */
SP_HIDDEN uint64_t sp_pool_trim(uint64_t keep);

/* While the pool is held, no run and no segment comes or goes. */
SP_HIDDEN void sp_pool_hold(void);
SP_HIDDEN void sp_pool_let_go(void);
/* Bound the bytes of freed runs of so many slabs (0: of each length) that stay in
 * memory; the bound before. */
SP_HIDDEN uint64_t sp_pool_set_cache(uint32_t slabs, uint64_t bytes);

SP_HIDDEN void sp_pool_fork_lock(void);
SP_HIDDEN void sp_pool_fork(bool child);

#endif
