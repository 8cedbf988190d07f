/*
 * slab.h - blocks of one size in a slab: taking one, giving one back, and the
 * word on which other threads leave theirs.
 *
 * Remote frees. A thread that is not the owner links its blocks, one or a chain
 * (remote.h), into slab->remote by one CAS. Pushing is all that others do and the owner takes
 * the whole list at once, so that the ABA problem cannot arise. An owner that
 * runs out of blocks leaves SP_REMOTE_FULL there: whoever frees next clears it
 * and so takes on to put the slab on heap->pending, where the owner finds it.
 *
 * Fields are touched by the heap's owner unless a function says otherwise.
 */
#ifndef SPACES_SLAB_H
#define SPACES_SLAB_H

#include "base.h"
#include "segment.h"

/* One empty slab for all bins that have none; nobody writes it. */
SP_HIDDEN extern SpSlab sp_no_slab;
/* For SpHeap.direct where no slab has room: its one block looks damaged, so that
 * the short way gives up without asking whether there is one. */
SP_HIDDEN extern SpSlab sp_no_room;

static inline uint32_t *sp_link_at(const void *block)
{
    return (uint32_t *)(uintptr_t)block;
}

/* What the slab's links are stored XOR. */
static inline uint32_t sp_slab_key(const SpSlab *slab)
{
    return SP_CHECKED ? slab->key : 0;
}

/* Leave nothing in a block that is handed out that looks like a link. */
static inline void sp_link_clear(void *block)
{
    if (SP_CHECKED)
        sp_store_folded(sp_link_at(block), 0);
}

static inline bool sp_link_plausible(uint32_t decoded)
{
    return decoded <= SP_LINK_END;
}

static inline char *sp_slab_block(const SpSlab *slab, uint32_t link)
{
    return slab->base + ((uint64_t)link << slab->shift);
}

static inline uint32_t sp_slab_link(const SpSlab *slab, const void *block)
{
    return (uint32_t)((uint64_t)((const char *)block - slab->base) >> slab->shift);
}

/* Make a fresh run into a slab of blocks of a bin, with nothing carved. False
 * where there is no memory for records. */
SP_HIDDEN bool sp_slab_format(SpSlab *slab, SpHeap *heap, unsigned bin, uint32_t block_size);
/* Undo: records are given up, the header is as sp_run_free wants it. */
SP_HIDDEN void sp_slab_unformat(SpSlab *slab);

/* Take a block whose links are in units of bytes (bins below SP_SMALL_BINS):
 * NULL where there is none, or where the link was overwritten. Not of a slab that
 * stands in SpHeap.direct: that must not be left without a block. */
static inline void *sp_slab_pop_small(SpSlab *slab)
{
    uint32_t link = slab->free;
    if (sp_unlikely(link == SP_LINK_END))
        return NULL;
    char *block = slab->base + link;
    uint32_t next = *sp_link_at(block) ^ sp_slab_key(slab);
    if (sp_unlikely(!sp_link_plausible(next)))
        return NULL;
    sp_store_folded(&slab->free, (uint16_t)next);
    sp_store_folded(&slab->used, slab->used + 1);
    sp_link_clear(block);
    return block;
}

/* Take a block of a slab that has one, unless it is the last or damaged: then
 * NULL, and the slab is as it was. For slabs that stand in SpHeap.direct. */
static inline void *sp_slab_pop_direct(SpSlab *slab)
{
    char *block = slab->base + slab->free;
    uint32_t next = *sp_link_at(block) ^ sp_slab_key(slab);
    if (sp_unlikely(next >= SP_LINK_END))
        return NULL;
    sp_store_folded(&slab->free, (uint16_t)next);
    sp_store_folded(&slab->used, slab->used + 1);
    sp_link_clear(block);
    return block;
}

/* The same as sp_slab_pop_small for any slab. */
static inline void *sp_slab_pop(SpSlab *slab)
{
    uint32_t link = slab->free;
    if (link == SP_LINK_END)
        return NULL;
    char *block = sp_slab_block(slab, link);
    uint32_t next = *sp_link_at(block) ^ sp_slab_key(slab);
    if (!sp_link_plausible(next))
        return NULL;
    sp_store_folded(&slab->free, (uint16_t)next);
    sp_store_folded(&slab->used, slab->used + 1);
    sp_link_clear(block);
    return block;
}

/* Whether a block's first bytes look like a link of its slab: it may be free.
 * The key's upper half tells as much as the whole link would. */
static inline bool sp_slab_looks_free(const SpSlab *slab, const void *block)
{
    typedef uint16_t __attribute__((may_alias)) Half;
    return SP_CHECKED && sp_load_folded((const Half *)block + 1) == ((const Half *)&slab->key)[1];
}

static inline void sp_slab_push(SpSlab *slab, void *block)
{
    sp_store_folded(sp_link_at(block), slab->free ^ sp_slab_key(slab));
    sp_store_folded(&slab->free, (uint16_t)sp_slab_link(slab, block));
    sp_store_folded(&slab->used, slab->used - 1);
}

/* Link up to `count` blocks that were never used; how many it did. */
SP_HIDDEN uint32_t sp_slab_carve(SpSlab *slab, uint32_t count);

/* Any thread: free live blocks of somebody else's slab, a chain of links from
 * `head` to `tail`. True where the caller must put the slab on its heap's pending
 * list. */
SP_HIDDEN bool sp_slab_push_remote(SpSlab *slab, uint32_t head, uint32_t tail, uint32_t count);
/* Take back what others freed; false where that is nothing. */
SP_HIDDEN bool sp_slab_collect(SpSlab *slab);
/* Ask to be told; false where a block had come in, which is then collected. */
SP_HIDDEN bool sp_slab_declare_full(SpSlab *slab);
/* Withdraw that; false where somebody has promised to tell (SP_SLAB_NOTICE is set). */
SP_HIDDEN bool sp_slab_withdraw_full(SpSlab *slab);

/* Index of the block that address lies in. */
static inline uint32_t sp_slab_index(const SpSlab *slab, const void *address)
{
    uint64_t offset = (uint64_t)((const char *)address - slab->base);
    if (sp_likely(offset < SP_SLAB_SIZE && slab->block_size <= 8192))
        return (uint32_t)((offset * slab->reciprocal) >> 32);
    return (uint32_t)(offset / slab->block_size);
}

/* Live blocks, seen from any thread; exact where the owner rests. */
static inline uint32_t sp_slab_live(const SpSlab *slab)
{
    uint32_t used = sp_load(&slab->used) - (slab->state == SP_STATE_CURRENT);
    uint32_t remote = SP_REMOTE_COUNT(sp_load(&slab->remote));
    return used > remote ? used - remote : 0;
}

/* Whether a block is on one of the slab's free lists. Any thread; reads only,
 * bounded by the slab's capacity, also on damaged lists. */
SP_HIDDEN bool sp_slab_is_free(const SpSlab *slab, const void *block);

#endif
