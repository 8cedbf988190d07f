/* walker_parts.h - what the walker's own files share: arithmetic on a decoder,
 * and which file decodes what. Nobody else includes this. */
#ifndef SPACES_WALKER_PARTS_H
#define SPACES_WALKER_PARTS_H

#include <string.h>

#include "walker.h"

#define SP_ADDRESS_END (UINT64_C(1) << SP_ADDRESS_BITS)
/* Blocks above this size are read link by link, not with the whole slab. */
#define SP_SCATTER_SIZE 4096u

static inline bool sp_walk_is_large(const SpDecoder *d)
{
    return d->slab.kind == SP_SLAB_LARGE;
}

static inline bool sp_walk_is_mixed(const SpDecoder *d)
{
    return d->slab.kind == SP_SLAB_MIXED;
}

static inline uint64_t sp_walk_base(const SpDecoder *d)
{
    return (uint64_t)(uintptr_t)d->slab.base;
}

/* Of a block: its first byte. */
static inline uint64_t sp_walk_address(const SpDecoder *d, uint32_t index)
{
    return sp_walk_base(d) + (sp_walk_is_mixed(d) ? (uint64_t)index << d->mixed.shift
                                                  : (uint64_t)index * d->slab.block_size);
}

static inline bool sp_walk_bit(const uint64_t *bits, uint32_t bit)
{
    return bits[bit / 64] >> (bit % 64) & 1;
}

/* Whether block `index` is on a free list, or a free stretch. */
static inline bool sp_walk_is_freed(const SpDecoder *d, uint32_t index)
{
    return sp_walk_bit(d->freed, index - d->first);
}

/* Note a flaw of one of our structures, whose bytes are given, unless one is known already. */
void sp_walk_flaw(SpDecoder *d, const char *structure, uint64_t address, const void *bytes,
                  size_t size, size_t offset, const char *reason);
/* The same of the slab's header. */
static inline void sp_walk_header_flaw(SpDecoder *d, size_t offset, const char *reason)
{
    sp_walk_flaw(d, "The slab header", d->header, &d->slab, sizeof(SpSlab), offset, reason);
}
/* No block can be asked for. */
void sp_walk_none(SpDecoder *d);

/* walker_header.c: where blocks are, by the header. */
const char *sp_walk_geometry(const SpSlab *slab, uint64_t header, size_t *at);
/* What may be wrong without hiding where the blocks are. */
void sp_walk_details(SpDecoder *d);
/* Index of the block that a link's value names, or SP_NO_BLOCK. */
uint32_t sp_walk_link_index(const SpSlab *slab, uint32_t link);
/* Whether a link's value ends a list or names a block. */
bool sp_walk_link_good(const SpSlab *slab, uint32_t link);

/* walker_lists.c: the fast build's free lists. */
SpDecodeResult sp_walk_lists(SpDecoder *d, SpMemory *memory);

/* walker_records.c: the debug build's records. */
SpDecodeResult sp_walk_records(SpDecoder *d, SpMemory *memory);
/* Fetch the records of [first, end); false where the result says that there are none. */
bool sp_walk_fetch_records(SpDecoder *d, SpMemory *memory, SpDecodeResult *result);
/* A copy of a block's record, as another thread may be writing the original. */
SpRecord sp_walk_record(const SpDecoder *d, uint32_t index);
/* Bytes that were asked for. */
uint64_t sp_walk_requested(const SpDecoder *d, const SpRecord *record);
/* Whether a record's sizes leave room for the redzones in a block of `span` bytes at an address. */
bool sp_walk_record_fits(const SpDecoder *d, const SpRecord *record, uint64_t address,
                         uint64_t span);
/* What a record tells of the block at out->address with out->span, unless that was never used. */
void sp_walk_tell(const SpDecoder *d, const SpRecord *record, SpBlock *out);

/* walker_mixed.c: slabs of blocks of any size. */
const char *sp_walk_mixed_geometry(const SpSlab *slab, uint64_t header, size_t *at);
SpDecodeResult sp_walk_mixed(SpDecoder *d, SpMemory *memory);
/* Decode the window that a unit below top lies in. */
SpDecodeResult sp_walk_mixed_window(SpDecoder *d, SpMemory *memory, uint32_t unit);
/* The first start above a unit of this window; top where there is none. */
uint32_t sp_walk_mixed_after(const SpDecoder *d, uint32_t unit);
/* Start of what a unit below top lies in; SP_NO_BLOCK where there is none. */
uint32_t sp_walk_mixed_start(const SpDecoder *d, SpMemory *memory, uint32_t unit);
/* Unit that an address lies in, below top; else SP_NO_BLOCK. */
uint32_t sp_walk_mixed_unit(const SpDecoder *d, uint64_t address);

#endif
