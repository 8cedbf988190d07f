/* built.c - see built.h. */
#include "built.h"

#include <stdlib.h>
#include <string.h>

static uint64_t run_address(const Built *b)
{
    uint64_t segment = b->at & ~(SP_SEGMENT_SIZE - 1);
    return segment +
           ((b->at - segment - offsetof(SpSegment, slabs)) / sizeof(SpSlab) << SP_SLAB_SHIFT);
}

/* Every read is a copy of its own size, so that a sanitizer sees what goes
 * beyond it, and lives until the next one only. */
static const void *read_built(SpMemory *memory, uint64_t address, size_t length)
{
    static void *last[2];
    Built *b = (Built *)memory;
    const uint8_t *from = NULL;
    uint64_t run = run_address(b);
    bool records = false;
    b->reads++;
    if (b->unreadable)
        return NULL;
    if (address >= run && length <= b->length && address - run <= b->length - length)
        from = b->bytes + (address - run);
    else if (address >= BUILT_RECORDS && length <= b->record_bytes &&
             address - BUILT_RECORDS <= b->record_bytes - length) {
        from = (uint8_t *)b->records + (address - BUILT_RECORDS);
        records = true;
    }
    if (!from || !length)
        return NULL;
    /* Records outlive reads of blocks, as the decoder's caller must see to. */
    free(last[records]);
    last[records] = malloc(length);
    memcpy(last[records], from, length);
    return last[records];
}

static void start(Built *b, uint32_t index, uint32_t slabs, bool debug, uint32_t blocks)
{
    memset(b, 0, sizeof *b);
    b->memory.read = read_built;
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

void built_end(Built *b)
{
    free(b->bytes);
    free(b->records);
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
