/* walker_lists.c - the fast build: a block is free that one of its slab's two
 * lists holds, the owner's and that of other threads' frees. */
#include "walker_parts.h"

/* The slab's bytes, or single links of it. */
typedef struct Links {
    SpMemory *memory;
    const char *bytes; /* from block 0, NULL where links are read one by one */
} Links;

static const void *bytes_of(const SpDecoder *d, const Links *links, uint32_t index, size_t length)
{
    return links->bytes ? links->bytes + (uint64_t)index * d->slab.block_size
                        : links->memory->read(links->memory, sp_walk_address(d, index), length);
}

static bool read_link(const SpDecoder *d, const Links *links, uint32_t index, uint32_t *link)
{
    const void *at = bytes_of(d, links, index, sizeof *link);
    if (!at)
        return false;
    memcpy(link, at, sizeof *link);
    *link ^= d->slab.key;
    return true;
}

static void link_damage(SpDecoder *d, const Links *links, uint32_t index, SpDamageKind kind,
                        const char *reason)
{
    SpDamage *damage = &d->damage;
    if (damage->kind)
        return;
    memset(damage, 0, sizeof *damage);
    damage->kind = kind;
    damage->index = index;
    damage->address = sp_walk_address(d, index);
    damage->size = d->slab.block_size;
    damage->reason = reason;
    uint32_t length = d->slab.block_size < SP_DAMAGE_BYTES ? d->slab.block_size : SP_DAMAGE_BYTES;
    const void *bytes = bytes_of(d, links, index, length);
    if (bytes) {
        memcpy(damage->bytes, bytes, length);
        damage->length = length;
    }
}

/*
 * Mark the blocks of one list. `expected` is its length where that is known,
 * else SP_NO_BLOCK. A damaged list ends where the damage is: what would have
 * followed is taken to be in use.
 */
static bool mark_list(SpDecoder *d, const Links *links, uint32_t link, uint32_t expected)
{
    uint32_t previous = SP_NO_BLOCK, count = 0;
    while (link != SP_LINK_END) {
        uint32_t index = link <= SP_LINK_END ? sp_walk_link_index(&d->slab, link) : SP_NO_BLOCK;
        if (index >= d->blocks) {
            if (index >= d->slab.capacity && previous != SP_NO_BLOCK) /* a bad head was told */
                link_damage(d, links, previous, SP_DAMAGE_WRITE_AFTER_FREE,
                            "the link of a free block was overwritten");
            return true;
        }
        if (sp_walk_is_freed(d, index)) {
            link_damage(d, links, index, SP_DAMAGE_DOUBLE_FREE,
                        "the block is on the free lists twice");
            return true;
        }
        d->freed[index / 64] |= UINT64_C(1) << (index % 64);
        count++;
        previous = index;
        if (!read_link(d, links, index, &link))
            return false;
    }
    if (expected != SP_NO_BLOCK && count != expected)
        sp_walk_header_flaw(d, offsetof(SpSlab, remote), "the count of remote frees is wrong");
    return true;
}

void sp_decode_waiting(SpDecoder *d, SpMemory *memory, uint32_t head, uint32_t count)
{
    if (d->debug || d->slab.kind != SP_SLAB_SMALL || d->result == SP_DECODE_UNREADABLE)
        return;
    Links links = {.memory = memory, .bytes = NULL};
    for (uint32_t link = head; count && link < SP_LINK_END; count--) {
        uint32_t index = sp_walk_link_index(&d->slab, link);
        if (index >= d->blocks || sp_walk_is_freed(d, index))
            return;
        d->freed[index / 64] |= UINT64_C(1) << (index % 64);
        d->live--;
        d->live_bytes -= d->slab.block_size;
        if (!read_link(d, &links, index, &link))
            return;
    }
}

SpDecodeResult sp_walk_lists(SpDecoder *d, SpMemory *memory)
{
    uint32_t remote = SP_REMOTE_HEAD(d->slab.remote);
    memset(d->freed, 0, (d->blocks + 63) / 64 * sizeof d->freed[0]);
    d->live = d->blocks;
    d->live_bytes = (uint64_t)d->live * d->slab.block_size;
    if (d->slab.free == SP_LINK_END && remote == SP_LINK_END)
        return SP_DECODE_OK;
    Links links = {.memory = memory, .bytes = NULL};
    bool readable = true;
    if (d->slab.block_size < SP_SCATTER_SIZE && d->blocks) {
        links.bytes = memory->read(memory, sp_walk_base(d), (size_t)d->blocks * d->slab.block_size);
        readable = links.bytes != NULL;
    }
    if (readable)
        readable = mark_list(d, &links, d->slab.free, SP_NO_BLOCK) &&
                   mark_list(d, &links, remote, SP_REMOTE_COUNT(d->slab.remote));
    uint32_t freed = 0;
    for (uint32_t i = 0; i < (d->blocks + 63) / 64; i++)
        freed += (uint32_t)__builtin_popcountll(d->freed[i]);
    d->live = d->blocks - freed;
    d->live_bytes = (uint64_t)d->live * d->slab.block_size;
    return readable ? SP_DECODE_OK : SP_DECODE_UNREADABLE;
}
