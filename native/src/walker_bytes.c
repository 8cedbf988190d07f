/* walker_bytes.c - the bytes of one block: whether link, redzones, fill patterns
 * and what stands in free memory are as the allocator left them. */
#include "walker_parts.h"

/* Index of the first of n bytes that is not `pattern`, or n. */
static size_t first_other(const uint8_t *p, size_t n, uint8_t pattern)
{
    uint64_t word = pattern * UINT64_C(0x0101010101010101), w[4];
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        memcpy(w, p + i, 32);
        if ((w[0] ^ word) | (w[1] ^ word) | (w[2] ^ word) | (w[3] ^ word))
            break;
    }
    for (; i + 8 <= n; i += 8) {
        memcpy(w, p + i, 8);
        if (w[0] != word)
            break;
    }
    while (i < n && p[i] == pattern)
        i++;
    return i;
}

/* What one check works on. Places are offsets from the block's first byte. */
typedef struct Check {
    const SpDecoder *d;
    SpMemory *memory;
    uint64_t address; /* of the block */
    uint64_t span;
    uint64_t front;
    const uint8_t *bytes; /* the whole block, or NULL: read in parts */
    SpDamage *out;
} Check;

/* Bytes of a free stretch that are read at once. */
#define PART_SIZE 65536u
/* Records that are searched for the block that lay at a place. */
#define SEARCHED 32768u
#define BATCH    64u

static const uint8_t *part(const Check *c, uint64_t from, uint64_t length)
{
    return c->bytes ? c->bytes + from : c->memory->read(c->memory, c->address + from, length);
}

static SpDecodeResult damaged_at(const Check *c, uint64_t place, SpDamageKind kind,
                                 const char *reason)
{
    SpDamage *out = c->out;
    out->kind = kind;
    out->offset = (int64_t)place - (int64_t)c->front;
    out->reason = reason;
    uint64_t from = place < SP_DAMAGE_BYTES / 2 ? 0 : place - SP_DAMAGE_BYTES / 2;
    uint64_t length = c->span - from < SP_DAMAGE_BYTES ? c->span - from : SP_DAMAGE_BYTES;
    const uint8_t *bytes = part(c, from, length);
    out->first = (int64_t)from - (int64_t)c->front;
    out->length = bytes ? (uint32_t)length : 0;
    if (bytes)
        memcpy(out->bytes, bytes, length);
    return SP_DECODE_DAMAGED;
}

static SpDecodeResult filled(const Check *c, uint64_t from, uint64_t length, uint8_t pattern,
                             SpDamageKind kind, const char *reason)
{
    if (!length)
        return SP_DECODE_OK;
    const uint8_t *bytes = part(c, from, length);
    if (!bytes)
        return SP_DECODE_UNREADABLE;
    size_t bad = first_other(bytes, length, pattern);
    return bad == length ? SP_DECODE_OK : damaged_at(c, from + bad, kind, reason);
}

/* The same part by part, however much it is. */
static SpDecodeResult filled_all(const Check *c, uint64_t from, uint64_t length, uint8_t pattern,
                                 SpDamageKind kind, const char *reason)
{
    SpDecodeResult result = SP_DECODE_OK;
    while (length && !result) {
        uint64_t now = length < PART_SIZE ? length : PART_SIZE;
        result = filled(c, from, now, pattern, kind, reason);
        from += now;
        length -= now;
    }
    return result;
}

static SpDecodeResult check_link(const Check *c)
{
    const uint8_t *bytes = part(c, 0, sizeof(uint32_t));
    uint32_t link;
    if (!bytes)
        return SP_DECODE_UNREADABLE;
    memcpy(&link, bytes, sizeof link);
    /* On its way between list and program it has no link yet, or none any more. */
    const uint32_t untouched = SP_FILL_FRONT * UINT32_C(0x01010101);
    if (link == 0 || link == untouched)
        return SP_DECODE_OK;
    if (sp_walk_link_good(&c->d->slab, link ^ c->d->slab.key))
        return SP_DECODE_OK;
    return damaged_at(c, 0, SP_DAMAGE_WRITE_AFTER_FREE, "the link of a free block was overwritten");
}

static SpDecodeResult check_patterns(const Check *c, const SpRecord *record)
{
    uint64_t requested = sp_walk_requested(c->d, record);
    uint64_t start = 0, body = requested < SP_FILL_MAX ? requested : SP_FILL_MAX;
    bool live = record->state == SP_RECORD_LIVE;
    SpDecodeResult result = SP_DECODE_OK;
    if (record->state == SP_RECORD_FREE && !sp_walk_is_large(c->d)) {
        result = check_link(c);
        start = sizeof(uint32_t);
    }
    if (!result && !live)
        result = filled(c, c->front, body, SP_FILL_FREED, SP_DAMAGE_WRITE_AFTER_FREE,
                        "the block was written to after it was freed");
    if (!result)
        result = filled(c, start, c->front - start, SP_FILL_FRONT, SP_DAMAGE_UNDERFLOW,
                        "bytes before the block were overwritten");
    uint64_t back = c->span - c->front - requested;
    if (!result)
        result = filled(c, c->front + requested, back < SP_BACK_MAX ? back : SP_BACK_MAX,
                        SP_FILL_BACK, SP_DAMAGE_OVERFLOW, "bytes after the block were overwritten");
    return result;
}

/* ---- free stretches of mixed slabs ---------------------------------------- */

/* The last block that covered a place, if it started in this stretch and its record still says so.
 */
static bool who_lay_there(const Check *c, uint64_t place, SpBlock *block)
{
    const SpDecoder *d = c->d;
    uint64_t start = c->address - sp_walk_base(d);
    uint64_t last = SP_MIXED_RECORD(start + place), first = SP_MIXED_RECORD(start);
    bool found = false;
    if (last - first > SEARCHED)
        first = last - SEARCHED;
    for (uint64_t k = first; k <= last; k += BATCH) {
        uint64_t count = last + 1 - k < BATCH ? last + 1 - k : BATCH;
        uint64_t at = (uint64_t)(uintptr_t)d->slab.records + k * sizeof(SpRecord);
        const char *bytes = c->memory->read(c->memory, at, count * sizeof(SpRecord));
        for (uint64_t i = 0; bytes && i < count; i++) {
            SpRecord record;
            memcpy(&record, bytes + i * sizeof record, sizeof record);
            uint64_t offset = (k + i) * SP_MIXED_RECORD_STEP + SP_FAMILY_PHASE(record.family) * 8;
            if (record.state != SP_RECORD_FREE || offset < start || offset > start + place)
                continue;
            SpBlock b = {.address = sp_walk_base(d) + offset,
                         .span = c->span - (offset - start),
                         .type =
                             d->slab.flags & SP_SLAB_FIXED ? SP_BLOCK_FIXED : SP_BLOCK_VARIABLE};
            b.user = b.address;
            b.size = b.span;
            sp_walk_tell(d, &record, &b);
            if (b.user == b.address || b.user + b.size + SP_BACK_MAX <= c->address + place ||
                (found && b.sequence < block->sequence))
                continue;
            *block = b;
            found = true;
        }
    }
    return found;
}

/* A write after free at a place: told of the block that lay there, where that is known. */
static SpDecodeResult written(const Check *c, uint64_t place)
{
    SpDamage *out = c->out;
    SpBlock block;
    damaged_at(c, place, SP_DAMAGE_WRITE_AFTER_FREE, "free memory was written to");
    if (c->d->debug && who_lay_there(c, place, &block)) {
        int64_t moved = (int64_t)(block.user - out->address);
        out->address = block.user;
        out->size = block.size;
        out->offset -= moved;
        out->first -= moved;
        out->block = block;
    }
    return SP_DECODE_DAMAGED;
}

/* Offset of the first byte of a stretch's words that is surely or most likely overwritten; -1 where
 * none is. */
static int64_t bad_byte(const Check *c, uint32_t unit, SpStretch s)
{
    const SpMixedView *m = &c->d->mixed;
    uint32_t key = (uint32_t)m->key, span = (uint32_t)(c->span >> m->shift), guard;
    s.next ^= key;
    s.guard ^= key;
    if (!m->algorithm) {
        s.prev ^= key;
        s.units ^= key;
    }
    if (s.next >= m->units && s.next != SP_MIXED_NO_UNIT)
        return offsetof(SpStretch, next);
    guard = sp_stretch_guard(unit, s.next, s.prev, s.units);
    if (s.guard == guard)
        return -1;
    if (m->algorithm)
        return offsetof(SpStretch, guard) + __builtin_ctz(s.guard ^ guard) / 8;
    if (s.prev >= m->units && s.prev != SP_MIXED_NO_UNIT)
        return offsetof(SpStretch, prev);
    if (s.units != span && s.guard == sp_stretch_guard(unit, s.next, s.prev, span))
        return offsetof(SpStretch, units) + __builtin_ctz(s.units ^ span) / 8;
    return offsetof(SpStretch, guard) + __builtin_ctz(s.guard ^ guard) / 8;
}

/* What the allocator keeps at the start of a free stretch, and in the debug build the rest. */
static SpDecodeResult check_stretch(const Check *c, uint32_t unit)
{
    uint64_t length = c->d->mixed.algorithm ? offsetof(SpStretch, prev) : sizeof(SpStretch);
    SpStretch s = {0};
    const uint8_t *bytes = part(c, 0, length);
    if (!bytes)
        return SP_DECODE_UNREADABLE;
    memcpy(&s, bytes, length);
    /* In the debug build it holds the fill pattern until it is on a list. */
    bool unlisted = c->d->debug && first_other(bytes, length, SP_FILL_FREED) == length;
    int64_t bad = unlisted ? -1 : bad_byte(c, unit, s);
    if (bad >= 0)
        return written(c, (uint64_t)bad);
    if (!c->d->debug)
        return SP_DECODE_OK;
    SpDecodeResult result = filled_all(c, length, c->span - length, SP_FILL_FREED,
                                       SP_DAMAGE_WRITE_AFTER_FREE, "free memory was written to");
    return result == SP_DECODE_DAMAGED ? written(c, (uint64_t)c->out->offset) : result;
}

/* ---- blocks ------------------------------------------------------------------ */

/* The debug build's block that has a record. */
static SpDecodeResult check_recorded(Check *c, const SpRecord *record)
{
    bool mixed = sp_walk_is_mixed(c->d), large = sp_walk_is_large(c->d);
    if (record->state == SP_RECORD_BUSY)
        return SP_DECODE_OK;
    if (record->state > SP_RECORD_BUSY)
        return damaged_at(c, 0, SP_DAMAGE_METADATA, "the block's record has no valid state");
    /* A block that lives by its bits and not by its record is on its way from one to the other. */
    if (mixed && (record->state == SP_RECORD_NEVER || record->state == SP_RECORD_FREE))
        return SP_DECODE_OK;
    if (record->state != SP_RECORD_NEVER && !sp_walk_record_fits(c->d, record, c->address, c->span))
        return damaged_at(c, 0, SP_DAMAGE_METADATA, "the block's record does not fit the block");
    if (!large && c->span < SP_SCATTER_SIZE) {
        c->bytes = c->memory->read(c->memory, c->address, c->span);
        if (!c->bytes)
            return SP_DECODE_UNREADABLE;
    }
    if (record->state == SP_RECORD_NEVER)
        return large ? SP_DECODE_OK : check_link(c);
    if (c->d->slab.flags & SP_SLAB_SEALED)
        return SP_DECODE_OK;
    return check_patterns(c, record);
}

SpDecodeResult sp_check_block(SpDecoder *d, SpMemory *memory, uint32_t index, SpDamage *out)
{
    memset(out, 0, sizeof *out);
    if (!sp_decode_block(d, index, &out->block))
        return SP_DECODE_OK;
    const SpBlock *block = &out->block;
    bool free_stretch = sp_walk_is_mixed(d) && sp_walk_is_freed(d, index);
    if (!d->debug && !sp_walk_is_mixed(d) && d->damage.kind && d->damage.index == index) {
        SpBlock kept = *block;
        *out = d->damage;
        out->block = kept;
        return SP_DECODE_DAMAGED;
    }
    out->index = index;
    out->address = block->user;
    out->size = block->size;
    Check c = {d, memory, block->address, block->span, block->user - block->address, NULL, out};
    if (free_stretch)
        return check_stretch(&c, index);
    if (!d->debug)
        return SP_DECODE_OK;
    SpRecord record = sp_walk_record(d, index);
    return check_recorded(&c, &record);
}
