/* walker.c - see walker.h: the calls that the walker's users make, over the
 * parts that know one way of keeping blocks each. */
#include "walker_parts.h"

void sp_walk_flaw(SpDecoder *d, const char *structure, uint64_t address, const void *bytes,
                  size_t size, size_t offset, const char *reason)
{
    SpDamage *damage = &d->damage;
    if (damage->kind)
        return;
    memset(damage, 0, sizeof *damage);
    damage->kind = SP_DAMAGE_METADATA;
    damage->index = SP_NO_BLOCK;
    damage->address = address;
    damage->size = size;
    damage->offset = (int64_t)offset;
    damage->reason = reason;
    damage->structure = structure;
    size_t shown = size < SP_DAMAGE_BYTES ? size : SP_DAMAGE_BYTES;
    size_t from = offset < SP_DAMAGE_BYTES / 2 ? 0 : offset - SP_DAMAGE_BYTES / 2;
    if (from > size - shown)
        from = size - shown;
    damage->first = (int64_t)from;
    damage->length = (uint32_t)shown;
    memcpy(damage->bytes, (const char *)bytes + from, shown);
}

void sp_walk_none(SpDecoder *d)
{
    d->first = d->end = d->blocks = d->live = 0;
    d->live_bytes = 0;
    d->records = NULL;
    d->first_record = 0;
    d->mixed.next = 0;
}

/* ---- the header ----------------------------------------------------------- */

/* Live blocks by the header's counters. */
static uint32_t counted_live(const SpDecoder *d)
{
    uint32_t used = d->slab.used, remote = SP_REMOTE_COUNT(d->slab.remote);
    if (sp_walk_is_large(d))
        return used != 0;
    used -= used && d->slab.state == SP_STATE_CURRENT;
    used -= used < remote ? used : remote;
    return used < d->blocks ? used : d->blocks;
}

SpDecodeResult sp_decode_header(SpDecoder *d, const SpSlab *header, uint64_t header_address)
{
    d->slab = *header;
    d->header = header_address;
    d->debug = false;
    d->damage.kind = SP_DAMAGE_NONE;
    memset(&d->mixed, 0, sizeof d->mixed);
    sp_walk_none(d);
    size_t at = 0;
    const char *flaw = sp_walk_geometry(&d->slab, header_address, &at);
    if (flaw) {
        sp_walk_header_flaw(d, at, flaw);
        return d->result = SP_DECODE_DAMAGED;
    }
    if (sp_walk_is_mixed(d))
        return d->result = SP_DECODE_OK;
    if (sp_walk_is_large(d)) {
        d->blocks = 1;
        d->live_bytes = d->slab.bytes;
        if (!d->slab.heap)
            sp_walk_header_flaw(d, offsetof(SpSlab, heap), "the large block belongs to no heap");
    } else {
        d->blocks = d->slab.carved < d->slab.capacity ? d->slab.carved : d->slab.capacity;
        d->live_bytes = d->slab.block_size;
        sp_walk_details(d);
    }
    d->end = d->blocks;
    d->live = counted_live(d);
    d->live_bytes *= d->live;
    return d->result = d->damage.kind ? SP_DECODE_DAMAGED : SP_DECODE_OK;
}

/* ---- windows ---------------------------------------------------------------- */

static SpDecodeResult settled(SpDecoder *d, SpDecodeResult result)
{
    if (result != SP_DECODE_UNREADABLE && d->damage.kind)
        result = SP_DECODE_DAMAGED;
    return d->result = result;
}

SpDecodeResult sp_decode_slab(SpDecoder *d, SpMemory *memory, const SpSlab *header,
                              uint64_t header_address, bool debug)
{
    SpDecodeResult result = sp_decode_header(d, header, header_address);
    d->debug = debug;
    if (sp_walk_is_mixed(d))
        return result ? result : settled(d, sp_walk_mixed(d, memory));
    if (!d->blocks)
        return result;
    if (debug)
        result = sp_walk_records(d, memory);
    else if (sp_walk_is_large(d))
        d->freed[0] = !d->live;
    else
        result = sp_walk_lists(d, memory);
    return settled(d, result);
}

bool sp_decode_more(const SpDecoder *d)
{
    return d->mixed.next < d->mixed.top;
}

SpDecodeResult sp_decode_window(SpDecoder *d, SpMemory *memory)
{
    if (!sp_decode_more(d))
        return d->result;
    d->damage.kind = SP_DAMAGE_NONE;
    return settled(d, sp_walk_mixed_window(d, memory, d->mixed.next));
}

SpDecodeResult sp_decode_seek(SpDecoder *d, SpMemory *memory, uint32_t index)
{
    if (index >= d->mixed.top || (index >= d->first && index < d->end))
        return d->result;
    d->damage.kind = SP_DAMAGE_NONE;
    return settled(d, sp_walk_mixed_window(d, memory, index));
}

/* ---- blocks ------------------------------------------------------------------- */

uint32_t sp_decode_first(const SpDecoder *d)
{
    if (d->first >= d->end)
        return SP_NO_BLOCK;
    if (!sp_walk_is_mixed(d) || d->starts[0] & 1)
        return d->first;
    return sp_decode_after(d, d->first);
}

uint32_t sp_decode_after(const SpDecoder *d, uint32_t index)
{
    uint32_t next = sp_walk_is_mixed(d) ? sp_walk_mixed_after(d, index) : index + 1;
    return next < d->end ? next : SP_NO_BLOCK;
}

bool sp_decode_block(const SpDecoder *d, uint32_t index, SpBlock *out)
{
    bool mixed = sp_walk_is_mixed(d), large = sp_walk_is_large(d);
    if (index < d->first || index >= d->end || (mixed && !sp_walk_bit(d->starts, index - d->first)))
        return false;
    memset(out, 0, sizeof *out);
    out->address = out->user = sp_walk_address(d, index);
    out->span = large   ? d->slab.bytes
                : mixed ? (uint64_t)(sp_walk_mixed_after(d, index) - index) << d->mixed.shift
                        : d->slab.block_size;
    out->size = out->requested = out->span;
    out->type = large                           ? SP_BLOCK_EXTERNAL
                : d->slab.flags & SP_SLAB_FIXED ? SP_BLOCK_FIXED
                                                : SP_BLOCK_VARIABLE;
    if (d->debug && !(mixed && sp_walk_is_freed(d, index))) {
        SpRecord record = sp_walk_record(d, index);
        sp_walk_tell(d, &record, out);
        return true;
    }
    out->in_use = !sp_walk_is_freed(d, index);
    out->stretch = mixed && !out->in_use;
    out->state = out->in_use ? SP_RECORD_LIVE : SP_RECORD_FREE;
    return true;
}

uint32_t sp_block_index(const SpSlab *s, uint64_t address, uint64_t *interior)
{
    uint64_t base = (uint64_t)(uintptr_t)s->base;
    *interior = 0;
    if (address < base || s->kind == SP_SLAB_MIXED)
        return SP_NO_BLOCK;
    uint64_t offset = address - base;
    if (s->kind == SP_SLAB_LARGE) {
        *interior = offset;
        return offset < s->bytes ? 0 : SP_NO_BLOCK;
    }
    if (!s->block_size || offset >= (uint64_t)s->slabs << SP_SLAB_SHIFT)
        return SP_NO_BLOCK;
    uint64_t index = offset / s->block_size;
    *interior = offset % s->block_size;
    return index < s->carved && index < s->capacity ? (uint32_t)index : SP_NO_BLOCK;
}

uint32_t sp_decode_find(SpDecoder *d, SpMemory *memory, uint64_t address, uint64_t *interior)
{
    if (!sp_walk_is_mixed(d))
        return sp_block_index(&d->slab, address, interior);
    uint32_t unit = sp_walk_mixed_unit(d, address), start;
    *interior = 0;
    if (unit == SP_NO_BLOCK || (start = sp_walk_mixed_start(d, memory, unit)) == SP_NO_BLOCK ||
        sp_decode_seek(d, memory, start) == SP_DECODE_UNREADABLE)
        return SP_NO_BLOCK;
    *interior = address - sp_walk_address(d, start);
    return start;
}
