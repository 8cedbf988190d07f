/* walker.c - see walker.h. First the header, then the two ways to know which
 * blocks are live, then blocks, then their bytes. */
#include "walker.h"

#include <string.h>

#define ADDRESS_END (UINT64_C(1) << SP_ADDRESS_BITS)
/* Blocks above this size are read link by link, not with the whole slab. */
#define SCATTER_SIZE 4096u

static uint64_t base_of(const SpDecoder *d)
{
    return (uint64_t)(uintptr_t)d->slab.base;
}

static uint64_t block_address(const SpDecoder *d, uint32_t index)
{
    return base_of(d) + (uint64_t)index * d->slab.block_size;
}

static bool is_large(const SpDecoder *d)
{
    return d->slab.kind == SP_SLAB_LARGE;
}

static uint64_t requested_of(const SpDecoder *d, const SpRecord *record)
{
    return is_large(d) ? record->requested | (uint64_t)d->slab.reciprocal << 32 : record->requested;
}

static uint64_t span_of(const SpDecoder *d)
{
    return is_large(d) ? d->slab.bytes : d->slab.block_size;
}

/* Whether a record's sizes leave room for the redzones. */
static bool record_fits(const SpDecoder *d, const SpRecord *record)
{
    uint64_t front = (uint64_t)record->front << 4, span = span_of(d);
    return front >= SP_REDZONE && span >= front + SP_REDZONE &&
           requested_of(d, record) <= span - front - SP_REDZONE;
}

/* Note a flaw of the header, unless one is known already. */
static void header_damage(SpDecoder *d, size_t offset, const char *reason)
{
    SpDamage *damage = &d->damage;
    if (damage->kind)
        return;
    memset(damage, 0, sizeof *damage);
    damage->kind = SP_DAMAGE_METADATA;
    damage->index = SP_NO_BLOCK;
    damage->address = d->header;
    damage->size = sizeof(SpSlab);
    damage->offset = (int64_t)offset;
    damage->reason = reason;
    size_t from = offset < SP_DAMAGE_BYTES / 2 ? 0 : offset - SP_DAMAGE_BYTES / 2;
    if (from > sizeof(SpSlab) - SP_DAMAGE_BYTES)
        from = sizeof(SpSlab) - SP_DAMAGE_BYTES;
    damage->first = (int64_t)from;
    damage->length = SP_DAMAGE_BYTES;
    memcpy(damage->bytes, (const char *)&d->slab + from, SP_DAMAGE_BYTES);
}

/* ---- the header ------------------------------------------------------- */

static bool run_fits(const SpSlab *s, uint64_t header, uint64_t *start)
{
    uint64_t segment = header & ~(SP_SEGMENT_SIZE - 1), into = header - segment;
    uint64_t first = offsetof(SpSegment, slabs);
    if (header >= ADDRESS_END || into < first || (into - first) % sizeof(SpSlab))
        return false;
    uint64_t index = (into - first) / sizeof(SpSlab);
    *start = segment + (index << SP_SLAB_SHIFT);
    if (!index || index >= SP_SLABS_PER_SEGMENT || !s->slabs)
        return false;
    if ((s->kind == SP_SLAB_SMALL) != (s->slabs == 1) && s->kind != SP_SLAB_LARGE)
        return false;
    /* A block with a segment of its own starts in slab 1 and may go on for ever. */
    if (s->kind == SP_SLAB_LARGE && index == 1)
        return ((uint64_t)s->slabs << SP_SLAB_SHIFT) < ADDRESS_END - *start;
    return index + s->slabs <= SP_SLABS_PER_SEGMENT;
}

/* A large block: within its run, or, where it had to be aligned to more than a
 * slab, behind it in a segment of its own. */
static bool large_fits(const SpSlab *s, uint64_t header, uint64_t start)
{
    uint64_t base = (uint64_t)(uintptr_t)s->base, length = (uint64_t)s->slabs << SP_SLAB_SHIFT;
    if (base < start || base >= ADDRESS_END || !s->bytes || s->bytes > length || s->capacity != 1 ||
        s->carved != 1)
        return false;
    if (base - start + s->bytes <= length)
        return true;
    uint64_t first = (header & ~(SP_SEGMENT_SIZE - 1)) + SP_SLAB_SIZE;
    return start == first && base % SP_SLAB_SIZE == 0 && s->bytes < ADDRESS_END - base;
}

/* Everything that the places of blocks depend on. */
static const char *geometry(const SpSlab *s, uint64_t header, size_t *at)
{
    uint64_t start;
    *at = offsetof(SpSlab, kind);
    if (s->kind != SP_SLAB_SMALL && s->kind != SP_SLAB_SPAN && s->kind != SP_SLAB_LARGE)
        return "the header's kind is none that heads a run";
    *at = offsetof(SpSlab, slabs);
    if (!run_fits(s, header, &start))
        return "the header's run does not fit its segment";
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

static uint32_t link_index(const SpSlab *s, uint32_t link)
{
    uint64_t offset = (uint64_t)link << s->shift;
    return offset % s->block_size ? SP_NO_BLOCK : (uint32_t)(offset / s->block_size);
}

/* Whether a link's value ends a list or names a block. It may be one that the
 * header does not count as carved: a program may stop between the two writes. */
static bool link_good(const SpSlab *s, uint32_t link)
{
    return link == SP_LINK_END || (link < SP_LINK_END && link_index(s, link) < s->capacity);
}

/* What may be wrong without hiding where the blocks are. */
static void check_details(SpDecoder *d)
{
    const SpSlab *s = &d->slab;
    if (s->carved > s->capacity)
        header_damage(d, offsetof(SpSlab, carved), "more blocks were carved than fit");
    /* One more than exist, always: a program may stop between the two writes
     * that make a slab current or end that. */
    if (s->used > (uint64_t)d->blocks + 1)
        header_damage(d, offsetof(SpSlab, used), "more blocks are in use than exist");
    if (s->state > SP_STATE_FULL)
        header_damage(d, offsetof(SpSlab, state), "the slab's state is none there is");
    if (!s->heap)
        header_damage(d, offsetof(SpSlab, heap), "the slab belongs to no heap");
    if (!(s->key >> 16))
        header_damage(d, offsetof(SpSlab, key), "the key of the free list is not a valid one");
    if (s->kind == SP_SLAB_SMALL &&
        s->reciprocal != ((UINT64_C(1) << 32) + s->block_size - 1) / s->block_size)
        header_damage(d, offsetof(SpSlab, reciprocal), "the reciprocal of the block size is wrong");
    if (!link_good(s, s->free))
        header_damage(d, offsetof(SpSlab, free), "the head of the free list names no block");
    if (!link_good(s, SP_REMOTE_HEAD(s->remote)) || SP_REMOTE_COUNT(s->remote) > d->blocks ||
        (SP_REMOTE_HEAD(s->remote) == SP_LINK_END) != !SP_REMOTE_COUNT(s->remote))
        header_damage(d, offsetof(SpSlab, remote), "the list of remote frees is not plausible");
}

/* ---- the fast build: free lists --------------------------------------- */

static bool is_freed(const SpDecoder *d, uint32_t index)
{
    return d->freed[index / 64] >> (index % 64) & 1;
}

/* The slab's bytes, or single links of it. */
typedef struct Links {
    SpMemory *memory;
    const char *bytes; /* from block 0, NULL where links are read one by one */
} Links;

static const void *bytes_of(const SpDecoder *d, const Links *links, uint32_t index, size_t length)
{
    return links->bytes ? links->bytes + (uint64_t)index * d->slab.block_size
                        : links->memory->read(links->memory, block_address(d, index), length);
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
    damage->address = block_address(d, index);
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
        uint32_t index = link <= SP_LINK_END ? link_index(&d->slab, link) : SP_NO_BLOCK;
        if (index >= d->blocks) {
            if (index >= d->slab.capacity && previous != SP_NO_BLOCK) /* a bad head was told */
                link_damage(d, links, previous, SP_DAMAGE_WRITE_AFTER_FREE,
                            "the link of a free block was overwritten");
            return true;
        }
        if (is_freed(d, index)) {
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
        header_damage(d, offsetof(SpSlab, remote), "the count of remote frees is wrong");
    return true;
}

static SpDecodeResult decode_lists(SpDecoder *d, SpMemory *memory)
{
    uint32_t remote = SP_REMOTE_HEAD(d->slab.remote);
    memset(d->freed, 0, (d->blocks + 63) / 64 * sizeof d->freed[0]);
    d->live = d->blocks;
    d->live_bytes = d->live * span_of(d);
    if (d->slab.free == SP_LINK_END && remote == SP_LINK_END)
        return SP_DECODE_OK;
    Links links = {.memory = memory, .bytes = NULL};
    bool readable = true;
    if (d->slab.block_size < SCATTER_SIZE && d->blocks) {
        links.bytes = memory->read(memory, base_of(d), (size_t)d->blocks * d->slab.block_size);
        readable = links.bytes != NULL;
    }
    if (readable)
        readable = mark_list(d, &links, d->slab.free, SP_NO_BLOCK) &&
                   mark_list(d, &links, remote, SP_REMOTE_COUNT(d->slab.remote));
    uint32_t freed = 0;
    for (uint32_t i = 0; i < (d->blocks + 63) / 64; i++)
        freed += (uint32_t)__builtin_popcountll(d->freed[i]);
    d->live = d->blocks - freed;
    d->live_bytes = d->live * span_of(d);
    return readable ? SP_DECODE_OK : SP_DECODE_UNREADABLE;
}

/* ---- the debug build: records ----------------------------------------- */

static SpDecodeResult decode_records(SpDecoder *d, SpMemory *memory)
{
    uint64_t at = (uint64_t)(uintptr_t)d->slab.records;
    size_t length = d->blocks * sizeof(SpRecord);
    if (!at) { /* just being given up with its slab: nothing is known about its blocks any more */
        d->blocks = d->live = 0;
        d->live_bytes = 0;
        return SP_DECODE_OK;
    }
    if (at % sizeof(uint64_t) || at >= ADDRESS_END - length) {
        header_damage(d, offsetof(SpSlab, records), "the address of the block records is wrong");
        d->blocks = d->live = 0;
        d->live_bytes = 0;
        return SP_DECODE_OK;
    }
    d->records = memory->read(memory, at, length);
    if (!d->records) {
        d->blocks = d->live = 0;
        d->live_bytes = 0;
        return SP_DECODE_UNREADABLE;
    }
    d->live = 0;
    d->live_bytes = 0;
    for (uint32_t i = 0; i < d->blocks; i++) {
        const SpRecord *record = &d->records[i];
        if (record->state != SP_RECORD_LIVE)
            continue;
        d->live++;
        d->live_bytes += record_fits(d, record) ? requested_of(d, record) : span_of(d);
    }
    return SP_DECODE_OK;
}

/* Live blocks by the header's counters. */
static uint32_t counted_live(const SpDecoder *d)
{
    uint32_t used = d->slab.used, remote = SP_REMOTE_COUNT(d->slab.remote);
    if (is_large(d))
        return used != 0;
    used -= used && d->slab.state == SP_STATE_CURRENT;
    used -= used < remote ? used : remote;
    return used < d->blocks ? used : d->blocks;
}

SpDecodeResult sp_decode_header(SpDecoder *d, const SpSlab *header, uint64_t header_address)
{
    d->slab = *header;
    d->header = header_address;
    d->blocks = d->live = 0;
    d->live_bytes = 0;
    d->debug = false;
    d->records = NULL;
    d->damage.kind = SP_DAMAGE_NONE;
    size_t at = 0;
    const char *flaw = geometry(&d->slab, header_address, &at);
    if (flaw) {
        header_damage(d, at, flaw);
        return SP_DECODE_DAMAGED;
    }
    if (is_large(d)) {
        d->blocks = 1;
        if (!d->slab.heap)
            header_damage(d, offsetof(SpSlab, heap), "the large block belongs to no heap");
    } else {
        d->blocks = d->slab.carved < d->slab.capacity ? d->slab.carved : d->slab.capacity;
        check_details(d);
    }
    d->live = counted_live(d);
    d->live_bytes = d->live * span_of(d);
    return d->damage.kind ? SP_DECODE_DAMAGED : SP_DECODE_OK;
}

SpDecodeResult sp_decode_slab(SpDecoder *d, SpMemory *memory, const SpSlab *header,
                              uint64_t header_address, bool debug)
{
    SpDecodeResult result = sp_decode_header(d, header, header_address);
    if (!d->blocks)
        return result;
    d->debug = debug;
    if (debug)
        result = decode_records(d, memory);
    else if (is_large(d))
        d->freed[0] = !d->live;
    else
        result = decode_lists(d, memory);
    return result != SP_DECODE_UNREADABLE && d->damage.kind ? SP_DECODE_DAMAGED : result;
}

/* ---- blocks ----------------------------------------------------------- */

/* Describe block `index`; `record` is a copy of its record, as another thread
 * may be writing the original, and NULL in the fast build. */
static void describe(const SpDecoder *d, uint32_t index, const SpRecord *record, SpBlock *out)
{
    memset(out, 0, sizeof *out);
    out->address = out->user = is_large(d) ? base_of(d) : block_address(d, index);
    out->span = out->size = span_of(d);
    out->type = is_large(d)                       ? SP_BLOCK_EXTERNAL
                : (d->slab.flags & SP_SLAB_FIXED) ? SP_BLOCK_FIXED
                                                  : SP_BLOCK_VARIABLE;
    if (!record) {
        out->in_use = !is_freed(d, index);
        out->state = out->in_use ? SP_RECORD_LIVE : SP_RECORD_FREE;
        out->requested = out->size;
        return;
    }
    out->state = record->state;
    out->in_use = record->state == SP_RECORD_LIVE;
    if (record->state == SP_RECORD_NEVER)
        return;
    out->sequence = record->sequence;
    out->thread = record->alloc_thread;
    out->free_thread = record->free_thread;
    out->alloc_stack = record->alloc_stack;
    out->free_stack = record->free_stack;
    out->family = record->family;
    if (record_fits(d, record)) {
        out->user = out->address + ((uint64_t)record->front << 4);
        out->size = out->requested = requested_of(d, record);
    }
}

bool sp_decode_block(const SpDecoder *d, uint32_t index, SpBlock *out)
{
    SpRecord record;
    if (index >= d->blocks)
        return false;
    if (d->debug)
        memcpy(&record, &d->records[index], sizeof record);
    describe(d, index, d->debug ? &record : NULL, out);
    return true;
}

uint32_t sp_block_index(const SpSlab *s, uint64_t address, uint64_t *interior)
{
    uint64_t base = (uint64_t)(uintptr_t)s->base;
    *interior = 0;
    if (address < base)
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

/* ---- bytes ------------------------------------------------------------ */

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
    if (link_good(&c->d->slab, link ^ c->d->slab.key))
        return SP_DECODE_OK;
    return damaged_at(c, 0, SP_DAMAGE_WRITE_AFTER_FREE, "the link of a free block was overwritten");
}

static SpDecodeResult check_patterns(const Check *c, const SpRecord *record)
{
    uint64_t requested = requested_of(c->d, record);
    uint64_t start = 0, body = requested < SP_FILL_MAX ? requested : SP_FILL_MAX;
    bool live = record->state == SP_RECORD_LIVE;
    SpDecodeResult result = SP_DECODE_OK;
    if (record->state == SP_RECORD_FREE && !is_large(c->d)) {
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

SpDecodeResult sp_check_block(SpDecoder *d, SpMemory *memory, uint32_t index, SpDamage *out)
{
    memset(out, 0, sizeof *out);
    if (index >= d->blocks)
        return SP_DECODE_OK;
    if (!d->debug) {
        if (!d->damage.kind || d->damage.index != index)
            return SP_DECODE_OK;
        *out = d->damage;
        return SP_DECODE_DAMAGED;
    }
    SpRecord record;
    SpBlock block;
    memcpy(&record, &d->records[index], sizeof record);
    describe(d, index, &record, &block);
    out->index = index;
    out->address = block.user;
    out->size = block.size;
    Check c = {d, memory, block.address, block.span, block.user - block.address, NULL, out};
    if (record.state == SP_RECORD_BUSY)
        return SP_DECODE_OK;
    if (record.state > SP_RECORD_BUSY)
        return damaged_at(&c, 0, SP_DAMAGE_METADATA, "the block's record has no valid state");
    if (record.state != SP_RECORD_NEVER && !record_fits(d, &record))
        return damaged_at(&c, 0, SP_DAMAGE_METADATA, "the block's record does not fit the block");
    if (!is_large(d) && d->slab.block_size < SCATTER_SIZE) {
        c.bytes = memory->read(memory, c.address, c.span);
        if (!c.bytes)
            return SP_DECODE_UNREADABLE;
    }
    if (record.state == SP_RECORD_NEVER)
        return is_large(d) ? SP_DECODE_OK : check_link(&c);
    return check_patterns(&c, &record);
}
