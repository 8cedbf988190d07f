/* built.c - see built.h. */
#include "built.h"

#include <stdlib.h>
#include <string.h>

static uint64_t run_address(const Built *b)
{
    uint64_t segment = b->at & ~(SP_SEGMENT_SIZE - 1);
    if (b->header.flags & SP_SLAB_AREA)
        return BUILT_AREA;
    return segment +
           ((b->at - segment - offsetof(SpSegment, slabs)) / sizeof(SpSlab) << SP_SLAB_SHIFT);
}

/* Every read is a copy of its own size, so that a sanitizer sees what goes
 * beyond it, and lives until the next one only. */
static const void *read_for(Built *b, void **last, uint64_t address, size_t length)
{
    const uint8_t *from = NULL;
    uint64_t run = run_address(b);
    int kind = 0;
    b->reads++;
    if (b->unreadable)
        return NULL;
    if (address >= run && length <= b->length && address - run <= b->length - length)
        from = b->bytes + (address - run);
    else if (address >= BUILT_RECORDS && length <= b->record_bytes &&
             address - BUILT_RECORDS <= b->record_bytes - length) {
        from = (uint8_t *)b->records + (address - BUILT_RECORDS);
        kind = 1;
    } else if (address >= BUILT_MIXED && length <= b->mixed_bytes &&
               address - BUILT_MIXED <= b->mixed_bytes - length) {
        from = (uint8_t *)b->mixed + (address - BUILT_MIXED);
        kind = 2;
    }
    if (!from || !length)
        return NULL;
    /* Records outlive reads of blocks, as the decoder's caller must see to. */
    free(last[kind]);
    last[kind] = malloc(length);
    memcpy(last[kind], from, length);
    return last[kind];
}

static const void *read_built(SpMemory *memory, uint64_t address, size_t length)
{
    static void *last[3];
    return read_for((Built *)memory, last, address, length);
}

static const void *read_checking(SpMemory *memory, uint64_t address, size_t length)
{
    static void *last[3];
    return read_for((Built *)((char *)memory - offsetof(Built, checking)), last, address, length);
}

static void start(Built *b, uint32_t index, uint32_t slabs, bool debug, uint32_t blocks)
{
    memset(b, 0, sizeof *b);
    b->memory.read = read_built;
    b->checking.read = read_checking;
    b->at = BUILT_SEGMENT + offsetof(SpSegment, slabs) + index * sizeof(SpSlab);
    b->debug = debug;
    b->length = (uint64_t)slabs << SP_SLAB_SHIFT;
    b->bytes = calloc(1, b->length);
    if (debug) {
        b->record_bytes = blocks * sizeof(SpRecord);
        b->records = calloc(1, b->record_bytes + 1);
        b->header.records = (SpRecord *)BUILT_RECORDS;
    }
    b->header.base = (char *)(uintptr_t)run_address(b);
    b->header.slabs = slabs;
    b->header.heap = (SpHeap *)BUILT_HEAP;
    b->header.free = SP_LINK_END;
    b->header.remote = SP_REMOTE_EMPTY;
}

void built_slab(Built *b, uint32_t index, uint32_t slabs, uint32_t block_size, uint32_t carved,
                bool debug)
{
    uint32_t capacity = (uint32_t)(((uint64_t)slabs << SP_SLAB_SHIFT) / block_size);
    start(b, index, slabs, debug, capacity);
    SpSlab *h = &b->header;
    h->kind = slabs == 1 ? SP_SLAB_SMALL : SP_SLAB_SPAN;
    h->state = SP_STATE_FULL;
    h->key = BUILT_KEY;
    h->used = h->carved = carved;
    h->block_size = block_size;
    h->capacity = capacity;
    h->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + block_size - 1) / block_size);
    h->shift = slabs == 1 ? 0 : 4;
    for (uint32_t i = 0; debug && i < carved; i++)
        built_alloc(b, i, block_size - 2 * SP_REDZONE, SP_REDZONE);
}

void built_large(Built *b, uint32_t index, uint64_t bytes, bool debug)
{
    uint32_t slabs = (uint32_t)((bytes + SP_SLAB_SIZE - 1) >> SP_SLAB_SHIFT);
    start(b, index, slabs, debug, 1);
    SpSlab *h = &b->header;
    h->kind = SP_SLAB_LARGE;
    h->used = h->carved = h->capacity = 1;
    h->bytes = b->length;
    if (debug)
        built_alloc(b, 0, bytes - 2 * SP_REDZONE, SP_REDZONE);
}

void built_mixed(Built *b, uint32_t index, uint32_t units, bool v3, bool debug)
{
    uint32_t shift = v3 ? SP_MIXED_V3_SHIFT : SP_MIXED_SHIFT;
    uint64_t bytes = (uint64_t)units << shift, map = (units + 63) / 64 * UINT64_C(8);
    uint32_t slabs = (uint32_t)((bytes + SP_SLAB_SIZE - 1) >> SP_SLAB_SHIFT);
    start(b, index, slabs, debug, (uint32_t)(bytes / SP_MIXED_RECORD_STEP + 1));
    SpSlab *h = &b->header;
    h->kind = SP_SLAB_MIXED;
    h->mixed = (SpMixed *)BUILT_MIXED;
    h->block_size = 1u << shift;
    h->capacity = h->carved = units;
    if (!index) {
        h->flags = SP_SLAB_AREA;
        b->at = BUILT_HEAP + 4096;
        h->base = (char *)BUILT_AREA;
    }
    b->mixed_bytes = sizeof(SpMixed) + 2 * map;
    b->mixed = calloc(1, b->mixed_bytes);
    *b->mixed = (SpMixed){.magic = SP_MIXED_MAGIC,
                          .key = UINT64_C(0x5ee1f00dc0de0000) | BUILT_KEY,
                          .algorithm = v3 ? 3 : 0,
                          .shift = shift,
                          .units = units,
                          .starts_at = sizeof(SpMixed),
                          .live_at = (uint32_t)(sizeof(SpMixed) + map)};
}

void built_end(Built *b)
{
    free(b->bytes);
    free(b->records);
    free(b->mixed);
}

static void flip(const Built *b, uint32_t at, uint32_t unit)
{
    ((uint8_t *)b->mixed)[at + unit / 8] ^= (uint8_t)(1u << unit % 8);
}

static bool starts(const Built *b, uint32_t unit)
{
    return ((uint8_t *)b->mixed)[b->mixed->starts_at + unit / 8] >> unit % 8 & 1;
}

static uint32_t length_of(const Built *b, uint32_t unit)
{
    uint32_t end = unit + 1;
    while (end < b->mixed->top && !starts(b, end))
        end++;
    return end - unit;
}

uint8_t *built_unit(const Built *b, uint32_t unit)
{
    return b->bytes + ((uint64_t)unit << b->mixed->shift);
}

SpRecord *built_record(const Built *b, uint32_t unit)
{
    return &b->records[SP_MIXED_RECORD((uint64_t)unit << b->mixed->shift)];
}

static void describe_stretch(const Built *b, uint32_t unit)
{
    uint32_t key = (uint32_t)b->mixed->key, none = SP_MIXED_NO_UNIT, units = length_of(b, unit);
    bool v3 = b->mixed->algorithm;
    uint32_t guard = sp_stretch_guard(unit, none, v3 ? 0 : none, v3 ? 0 : units);
    SpStretch s = {none ^ key, guard ^ key, none ^ key, units ^ key};
    memcpy(built_unit(b, unit), &s, v3 ? 8 : sizeof s);
}

uint32_t built_put(Built *b, uint32_t units)
{
    SpMixed *m = b->mixed;
    uint32_t unit = m->top;
    uint64_t offset = (uint64_t)unit << m->shift, span = (uint64_t)units << m->shift;
    m->top += units;
    m->blocks++;
    m->live_units += units;
    flip(b, m->starts_at, unit);
    flip(b, m->live_at, unit);
    if (b->debug) {
        SpRecord *r = built_record(b, unit);
        *r = (SpRecord){.sequence = 1000 + unit,
                        .alloc_stack = 7 + unit,
                        .alloc_thread = 4711,
                        .requested = (uint32_t)(span - 2 * SP_REDZONE),
                        .front = SP_REDZONE >> 4,
                        .state = SP_RECORD_LIVE,
                        .family = (uint8_t)(offset / 8 % 6 << 4 | SP_FAMILY_CHUNK)};
        memset(built_unit(b, unit), SP_FILL_FRONT, SP_REDZONE);
        memset(built_unit(b, unit) + SP_REDZONE, 0x11, r->requested);
        memset(built_unit(b, unit) + SP_REDZONE + r->requested, SP_FILL_BACK, SP_REDZONE);
    }
    return unit;
}

void built_take_back(Built *b, uint32_t unit)
{
    SpMixed *m = b->mixed;
    uint32_t units = length_of(b, unit);
    m->blocks--;
    m->live_units -= units;
    m->free_units += units;
    flip(b, m->live_at, unit);
    if (b->debug) {
        SpRecord *r = built_record(b, unit);
        r->state = SP_RECORD_FREE;
        r->free_stack = 77;
        r->free_thread = 4712;
        memset(built_unit(b, unit), SP_FILL_FREED, (size_t)units << m->shift);
    }
    describe_stretch(b, unit);
}

void built_join(Built *b, uint32_t unit)
{
    uint32_t next = unit + length_of(b, unit);
    flip(b, b->mixed->starts_at, next);
    if (b->debug)
        memset(built_unit(b, next), SP_FILL_FREED, sizeof(SpStretch));
    describe_stretch(b, unit);
}

uint64_t built_address(const Built *b, uint32_t block)
{
    return (uint64_t)(uintptr_t)b->header.base + (uint64_t)block * b->header.block_size;
}

uint8_t *built_block(const Built *b, uint32_t block)
{
    return b->bytes + (uint64_t)block * b->header.block_size;
}

static void put_link(const Built *b, uint32_t block, uint32_t link)
{
    link ^= b->header.key;
    memcpy(built_block(b, block), &link, sizeof link);
}

static uint16_t link_to(const Built *b, uint32_t block)
{
    return (uint16_t)(((uint64_t)block * b->header.block_size) >> b->header.shift);
}

void built_free(Built *b, uint32_t block)
{
    put_link(b, block, b->header.free);
    b->header.free = link_to(b, block);
    b->header.used--;
}

void built_free_remote(Built *b, uint32_t block)
{
    uint64_t old = b->header.remote;
    put_link(b, block, SP_REMOTE_HEAD(old));
    b->header.remote = link_to(b, block) | (uint64_t)(SP_REMOTE_COUNT(old) + 1)
                                               << SP_REMOTE_COUNT_SHIFT;
}

static uint64_t span_of(const Built *b)
{
    return b->header.kind == SP_SLAB_LARGE ? b->header.bytes : b->header.block_size;
}

void built_alloc(Built *b, uint32_t block, uint64_t requested, uint32_t front)
{
    SpRecord *r = &b->records[block];
    uint64_t span = span_of(b), back = span - front - requested;
    uint8_t *bytes = built_block(b, block);
    r->sequence = 1000 + block;
    r->alloc_stack = 7 + block;
    r->alloc_thread = 4711;
    r->requested = (uint32_t)requested;
    r->front = (uint16_t)(front >> 4);
    r->state = SP_RECORD_LIVE;
    if (b->header.kind == SP_SLAB_LARGE)
        b->header.reciprocal = (uint32_t)(requested >> 32);
    memset(bytes, SP_FILL_FRONT, front);
    memset(bytes + front, 0x11, requested);
    memset(bytes + front + requested, SP_FILL_BACK, back < SP_BACK_MAX ? back : SP_BACK_MAX);
}

void built_release(Built *b, uint32_t block, uint8_t state)
{
    SpRecord *r = &b->records[block];
    uint64_t fill = r->requested < SP_FILL_MAX ? r->requested : SP_FILL_MAX;
    memset(built_block(b, block) + ((uint64_t)r->front << 4), SP_FILL_FREED, fill);
    r->free_stack = 77;
    r->free_thread = 4712;
    r->state = state;
    if (state == SP_RECORD_FREE)
        built_free(b, block);
}

SpDecodeResult built_decode(Built *b, SpDecoder *d)
{
    return sp_decode_slab(d, &b->memory, &b->header, b->at, b->debug);
}
