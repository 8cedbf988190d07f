/*
 * operations.c - a string of bytes taken as operations on chunks of every kind,
 * against a model that knows what each block must hold: sizes, cookies, that no
 * two blocks overlap, ceilings; walk and check in between.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/spaces.h"
#include "fuzz.h"

#define CHUNKS     7
#define BLOCKS     200
#define AREA_BYTES (600u << 10)

typedef struct Block {
    unsigned char *bytes;
    size_t size;
    size_t align; /* asked for; 1: none */
    unsigned char cookie;
} Block;

typedef struct Model {
    SpacesChunk chunk;
    size_t fixed; /* 0: none */
    size_t ceiling;
    size_t count;
    Block blocks[BLOCKS];
} Model;

static Model models[CHUNKS];
static char areas[CHUNKS][AREA_BYTES + 16];

/* Running out is part of the game; any other error is one of the allocator's. */
static int on_error(SpacesErrorInfo *error)
{
    switch (error->errorCode) {
    case SPACES_ERR_EXCEEDED_CEILING:
    case SPACES_ERR_OUT_OF_MEMORY:
    case SPACES_ERR_BLOCK_TOO_BIG:
    case SPACES_ERR_RESIZE_FAILED:
    case SPACES_ERR_BAD_ALIGNMENT:
        return 0;
    default:
        fuzz_fail("error %d where there is none", (int)error->errorCode);
    }
}

/* A key that no other fuzzed process has. */
static const char *shared_key(const Model *m)
{
    return (const char *)(uintptr_t)(0x46000000u | ((unsigned)getpid() & 0xfffffu) << 3 |
                                     (unsigned)(m - models));
}

static void create(Model *m, FuzzInput *in)
{
    uint8_t kind = fuzz_byte(in) % 5, more = fuzz_byte(in);
    unsigned flags = more & 1 ? SPACES_CHUNK_SERIALIZE : 0;
    memset(m, 0, sizeof *m);
    m->ceiling = SIZE_MAX;
    if (kind == 0) {
        m->fixed = 1 + fuzz_word(in) % (more & 2 ? 300 : 20000);
        m->chunk = spaces_chunk_create_fixed((unsigned short)m->fixed, more % 50, flags);
    } else if (kind == 1) {
        m->chunk = spaces_chunk_create_area(areas[m - models] + more % 16, AREA_BYTES, flags);
    } else if (kind == 4) {
        m->chunk = spaces_chunk_create_shared(shared_key(m), AREA_BYTES, 0);
    } else {
        m->chunk = spaces_chunk_create(flags);
        if (kind == 2) {
            spaces_chunk_set_small_allocator(m->chunk, more & 4   ? SPACES_SMALL_V3
                                                       : more & 8 ? SPACES_SMALL_NONE
                                                                  : SPACES_SMALL_V5);
            spaces_chunk_set_small_block_size(m->chunk,
                                              (unsigned short)(more & 16 ? 8 : fuzz_word(in)));
        }
    }
    if (!m->chunk)
        fuzz_fail("a chunk of kind %d cannot be made", kind);
    spaces_chunk_set_page_size(m->chunk, 4096u << more % 5);
}

static size_t any_size(FuzzInput *in)
{
    uint8_t how = fuzz_byte(in);
    size_t size = fuzz_word(in);
    return 1 + (how < 8 ? size * 8 : how < 40 ? size : how < 60 ? size % 8 : size % 700);
}

static void expect_cookie(const Block *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (b->bytes[i] != b->cookie)
            fuzz_fail("byte %zu of a block of %zu changed", i, b->size);
}

/* A new block is aligned, and apart from all others of all chunks. */
static void expect_apart(const Block *b)
{
    if ((uintptr_t)b->bytes % (b->align > 8 ? b->align : b->size < 8 ? 4 : 8))
        fuzz_fail("a block of %zu lies at %p, aligned to less than %zu", b->size, (void *)b->bytes,
                  b->align);
    for (int c = 0; c < CHUNKS; c++)
        for (size_t i = 0; i < models[c].count; i++) {
            const Block *other = &models[c].blocks[i];
            if (other != b && b->bytes < other->bytes + other->size &&
                other->bytes < b->bytes + b->size)
                fuzz_fail("two blocks overlap at %p", (void *)b->bytes);
        }
}

static void take(Model *m, FuzzInput *in)
{
    if (m->count == BLOCKS)
        return;
    Block *b = &m->blocks[m->count];
    uint8_t how = fuzz_byte(in);
    *b = (Block){.align = 1, .cookie = (unsigned char)(how | 1)};
    if (m->fixed && how % 4) {
        b->size = m->fixed;
        b->bytes = spaces_chunk_alloc_fixed(m->chunk);
    } else if (how % 16 == 0) {
        b->size = any_size(in);
        b->align = (size_t)8 << fuzz_byte(in) % 9;
        b->bytes = spaces_chunk_alloc_aligned(m->chunk, b->size, b->align, 0);
    } else {
        b->size = any_size(in);
        bool zero = how % 8 == 1;
        b->bytes = spaces_chunk_alloc(m->chunk, b->size, zero ? SPACES_FLAG_ZERO_INIT : 0);
        for (size_t i = 0; b->bytes && zero && i < b->size; i++)
            if (b->bytes[i])
                fuzz_fail("byte %zu of a zeroed block of %zu is not", i, b->size);
    }
    if (!b->bytes)
        return;
    expect_apart(b);
    memset(b->bytes, b->cookie, b->size);
    m->count++;
}

static void give(Model *m, FuzzInput *in)
{
    if (!m->count)
        return;
    Block *b = &m->blocks[fuzz_word(in) % m->count];
    expect_cookie(b, b->size);
    int done = b->align > 1 ? spaces_chunk_free_aligned(b->bytes) : spaces_chunk_free(b->bytes);
    if (done != 1)
        fuzz_fail("a block of %zu cannot be freed", b->size);
    if (spaces_chunk_ptr_check(m->chunk, b->bytes) == SPACES_PTR_OK)
        fuzz_fail("a freed block passes for a live one");
    *b = m->blocks[--m->count];
}

static void resize(Model *m, FuzzInput *in)
{
    if (!m->count)
        return;
    Block *b = &m->blocks[fuzz_word(in) % m->count];
    size_t size = any_size(in), kept = size < b->size ? size : b->size;
    unsigned flags = fuzz_byte(in) % 3 ? 0 : SPACES_FLAG_RESIZE_IN_PLACE;
    if (b->align > 1)
        return;
    void *bytes = spaces_chunk_realloc(b->bytes, size, flags);
    if (!bytes) {
        expect_cookie(b, b->size);
        return;
    }
    if (flags && bytes != b->bytes)
        fuzz_fail("a block that should stay where it is has moved");
    b->bytes = bytes;
    b->size = size;
    expect_cookie(b, kept);
    expect_apart(b);
    memset(b->bytes, b->cookie, size);
}

static void cap(Model *m, FuzzInput *in)
{
    size_t ceiling =
        fuzz_byte(in) & 1 ? SIZE_MAX : spaces_chunk_size(m->chunk) + (size_t)fuzz_word(in) * 16;
    spaces_chunk_set_ceiling(m->chunk, ceiling);
    m->ceiling = ceiling;
}

/* Whether walk, check and counts tell what the model knows. */
static void compare(Model *m)
{
    SpacesChunkEntry entry;
    SpacesChunkStatus status;
    size_t live = 0, found = 0;
    if (spaces_chunk_check(m->chunk) != 1)
        fuzz_fail("a check finds damage where there is none");
    if (spaces_chunk_count(m->chunk) != m->count)
        fuzz_fail("%zu blocks counted, %zu there", spaces_chunk_count(m->chunk), m->count);
    memset(&entry, 0, sizeof entry);
    while ((status = spaces_chunk_walk(m->chunk, &entry)) == SPACES_CHUNK_OK) {
        live += entry.isInUse != 0;
        for (size_t i = 0; entry.isInUse && i < m->count; i++)
            if (m->blocks[i].bytes == entry.entry) {
                found++;
                if (entry.size < m->blocks[i].size)
                    fuzz_fail("a walk tells %zu bytes of %zu", entry.size, m->blocks[i].size);
            }
    }
    /* An aligned block's address may be within the block that a walk tells. */
    if (status != SPACES_CHUNK_END || live != m->count || found > live)
        fuzz_fail("a walk ends with %d after %zu live blocks of %zu", (int)status, live, m->count);
    for (size_t i = 0; i < m->count; i++)
        expect_cookie(&m->blocks[i], m->blocks[i].size);
}

static void end(Model *m)
{
    if (spaces_chunk_destroy(m->chunk) != 1)
        fuzz_fail("a chunk cannot be destroyed");
    m->chunk = NULL;
    m->count = 0;
}

static void operate(FuzzInput *in)
{
    Model *m = &models[fuzz_byte(in) % CHUNKS];
    uint8_t what = fuzz_byte(in);
    if (!m->chunk)
        create(m, in);
    if (what < 130)
        take(m, in);
    else if (what < 190)
        give(m, in);
    else if (what < 230)
        resize(m, in);
    else if (what < 236)
        cap(m, in);
    else if (what < 246)
        compare(m);
    else if (what < 250)
        spaces_chunk_shrink(m->chunk);
    else if (what < 252)
        end(m);
    if (m->chunk && spaces_chunk_size(m->chunk) > m->ceiling)
        fuzz_fail("%zu bytes in a chunk whose ceiling is %zu", spaces_chunk_size(m->chunk),
                  m->ceiling);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = {data, size, 0};
    spaces_set_error_handler(on_error);
    while (in.at < in.size)
        operate(&in);
    for (int i = 0; i < CHUNKS; i++)
        if (models[i].chunk) {
            compare(&models[i]);
            end(&models[i]);
        }
    return 0;
}
