/* walker_header.c - a slab's header: whether it can be what it says, and so
 * where the slab's blocks are. */
#include "walker_parts.h"

static bool run_fits(const SpSlab *s, uint64_t header, uint64_t *start)
{
    uint64_t segment = header & ~(SP_SEGMENT_SIZE - 1), into = header - segment;
    uint64_t first = offsetof(SpSegment, slabs);
    if (header >= SP_ADDRESS_END || into < first || (into - first) % sizeof(SpSlab))
        return false;
    uint64_t index = (into - first) / sizeof(SpSlab);
    *start = segment + (index << SP_SLAB_SHIFT);
    if (!index || index >= SP_SLABS_PER_SEGMENT || !s->slabs)
        return false;
    if ((s->kind == SP_SLAB_SMALL) != (s->slabs == 1) && s->kind != SP_SLAB_LARGE &&
        s->kind != SP_SLAB_MIXED)
        return false;
    /* A block with a segment of its own starts in slab 1 and may go on for ever. */
    if (s->kind == SP_SLAB_LARGE && index == 1)
        return ((uint64_t)s->slabs << SP_SLAB_SHIFT) < SP_ADDRESS_END - *start;
    return index + s->slabs <= SP_SLABS_PER_SEGMENT;
}

/* A large block: within its run, or, where it had to be aligned to more than a
 * slab, behind it in a segment of its own. */
static bool large_fits(const SpSlab *s, uint64_t header, uint64_t start)
{
    uint64_t base = (uint64_t)(uintptr_t)s->base, length = (uint64_t)s->slabs << SP_SLAB_SHIFT;
    if (base < start || base >= SP_ADDRESS_END || !s->bytes || s->bytes > length ||
        s->capacity != 1 || s->carved != 1)
        return false;
    if (base - start + s->bytes <= length)
        return true;
    uint64_t first = (header & ~(SP_SEGMENT_SIZE - 1)) + SP_SLAB_SIZE;
    return start == first && base % SP_SLAB_SIZE == 0 && s->bytes < SP_ADDRESS_END - base;
}

/* A mixed slab: its blocks are in its run, or, in an area, wherever they please. What is known
 * about them stands elsewhere and may be lacking while the slab is made or given up. */
static const char *mixed_fits(const SpSlab *s, uint64_t start, size_t *at)
{
    uint64_t base = (uint64_t)(uintptr_t)s->base, mixed = (uint64_t)(uintptr_t)s->mixed;
    *at = offsetof(SpSlab, base);
    if (!base || base >= SP_ADDRESS_END || base % sizeof(uint64_t))
        return "the address of the first block is wrong";
    if (!(s->flags & SP_SLAB_AREA) &&
        (base < start || base - start >= (uint64_t)s->slabs << SP_SLAB_SHIFT))
        return "the first block lies outside the slab";
    *at = offsetof(SpSlab, block_size);
    if (!(s->flags & SP_SLAB_AREA) && s->block_size != 1u << SP_MIXED_SHIFT &&
        s->block_size != 1u << SP_MIXED_V3_SHIFT)
        return "the block size is not that of a unit";
    *at = offsetof(SpSlab, mixed);
    if (mixed >= SP_ADDRESS_END - sizeof(SpMixed) || mixed % sizeof(uint64_t))
        return "the address of what is known about the blocks is wrong";
    return NULL;
}

/* Everything that the places of blocks depend on. */
const char *sp_walk_geometry(const SpSlab *s, uint64_t header, size_t *at)
{
    uint64_t start = 0;
    bool mixed = s->kind == SP_SLAB_MIXED, area = mixed && s->flags & SP_SLAB_AREA;
    *at = offsetof(SpSlab, kind);
    if (s->kind != SP_SLAB_SMALL && s->kind != SP_SLAB_SPAN && s->kind != SP_SLAB_LARGE && !mixed)
        return "the header's kind is none that heads a run";
    *at = offsetof(SpSlab, slabs);
    if (!area && !run_fits(s, header, &start))
        return "the header's run does not fit its segment";
    if (mixed)
        return mixed_fits(s, start, at);
    *at = offsetof(SpSlab, base);
    if (s->kind == SP_SLAB_LARGE)
        return large_fits(s, header, start) ? NULL : "the large block lies outside its run";
    if ((uint64_t)(uintptr_t)s->base != start)
        return "the first block is not where the slab begins";
    *at = offsetof(SpSlab, block_size);
    uint64_t length = (uint64_t)s->slabs << SP_SLAB_SHIFT;
    if (s->block_size < sizeof(uint32_t) || s->block_size > length)
        return "the block size is out of range";
    *at = offsetof(SpSlab, capacity);
    if (s->capacity != length / s->block_size || s->capacity > SP_DECODER_BLOCKS)
        return "capacity and block size do not agree";
    *at = offsetof(SpSlab, shift);
    if (s->shift > 8 || s->block_size % (1u << s->shift))
        return "the unit of links does not divide the block size";
    return NULL;
}

uint32_t sp_walk_link_index(const SpSlab *s, uint32_t link)
{
    uint64_t offset = (uint64_t)link << s->shift;
    return offset % s->block_size ? SP_NO_BLOCK : (uint32_t)(offset / s->block_size);
}

/* Whether a link's value ends a list or names a block. It may be one that the
 * header does not count as carved: a program may stop between the two writes. */
bool sp_walk_link_good(const SpSlab *s, uint32_t link)
{
    return link == SP_LINK_END || (link < SP_LINK_END && sp_walk_link_index(s, link) < s->capacity);
}

/* What may be wrong without hiding where the blocks are. */
void sp_walk_details(SpDecoder *d)
{
    const SpSlab *s = &d->slab;
    if (s->carved > s->capacity)
        sp_walk_header_flaw(d, offsetof(SpSlab, carved), "more blocks were carved than fit");
    /* One more than exist, always: a program may stop between the two writes
     * that make a slab current or end that. */
    if (s->used > (uint64_t)d->blocks + 1)
        sp_walk_header_flaw(d, offsetof(SpSlab, used), "more blocks are in use than exist");
    if (s->state > SP_STATE_FULL)
        sp_walk_header_flaw(d, offsetof(SpSlab, state), "the slab's state is none there is");
    if (!s->heap)
        sp_walk_header_flaw(d, offsetof(SpSlab, heap), "the slab belongs to no heap");
    if (!(s->key >> 16))
        sp_walk_header_flaw(d, offsetof(SpSlab, key),
                            "the key of the free list is not a valid one");
    if (s->kind == SP_SLAB_SMALL &&
        s->reciprocal != ((UINT64_C(1) << 32) + s->block_size - 1) / s->block_size)
        sp_walk_header_flaw(d, offsetof(SpSlab, reciprocal),
                            "the reciprocal of the block size is wrong");
    if (!sp_walk_link_good(s, s->free))
        sp_walk_header_flaw(d, offsetof(SpSlab, free), "the head of the free list names no block");
    if (!sp_walk_link_good(s, SP_REMOTE_HEAD(s->remote)) ||
        SP_REMOTE_COUNT(s->remote) > d->blocks ||
        (SP_REMOTE_HEAD(s->remote) == SP_LINK_END) != !SP_REMOTE_COUNT(s->remote))
        sp_walk_header_flaw(d, offsetof(SpSlab, remote),
                            "the list of remote frees is not plausible");
}
