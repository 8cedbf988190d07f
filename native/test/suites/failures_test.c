/* failures_test.c - the error codes that no argument raises by itself: memory that runs out in each
 * way there is, and damage. codes_test.c has the others. */
#define _GNU_SOURCE
#include "codes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static SpacesChunk chunk;

static int with_chunk(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create(0);
    return chunk ? 0 : -1;
}

static int without_chunk(void **state)
{
    (void)state;
    reports_drop();
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

/* ---- running out ---------------------------------------------------------------------------- */

static rlim_t address_space(rlim_t limit)
{
    struct rlimit now;
    assert_int_equal(getrlimit(RLIMIT_AS, &now), 0);
    rlim_t before = now.rlim_cur;
    now.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_AS, &now), 0);
    return before;
}

/* Bytes of address space that the process has now. */
static size_t mapped(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages * 4096;
}

static rlim_t unlimited;
static int lifts_limit(SpacesErrorInfo *info)
{
    recorder(info);
    address_space(unlimited);
    return 1;
}

#define GB ((size_t)1 << 30)

static void test_out_of_memory(void **state)
{
    (void)state;
    unlimited = address_space(mapped() + ((size_t)64 << 20));
    void *p = spaces_chunk_alloc(chunk, GB, SPACES_FLAG_ZERO_INIT);
    assert_null(p);
    expect_creation(test_out_of_memory);
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = chunk, .argChunk = chunk,
                .argSize = GB, .argFlags = SPACES_FLAG_ZERO_INIT);
    p = spaces_chunk_alloc_aligned(chunk, GB, 1 << 20, 0);
    assert_null(p);
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = chunk, .argChunk = chunk,
                .argSize = GB, .argCount = 1 << 20);
    p = spaces_chunk_alloc(chunk, 100, 0);
    assert_null(spaces_chunk_realloc(p, GB, 0));
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = chunk, .argPtr = p,
                .argSize = GB);
    assert_null(spaces_chunk_create_fixed(60000, 20000, SPACES_CHUNK_SERIALIZE));
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .argSize = 60000, .argCount = 20000,
                .argFlags = SPACES_CHUNK_SERIALIZE);
    errno = 0;
    assert_null(malloc(opaque_size(GB)));
    assert_int_equal(errno, ENOMEM);
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = spaces_default_chunk,
                .argSize = GB);
    assert_null(calloc(opaque_size(1000), opaque_size(GB / 1000)));
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = spaces_default_chunk,
                .argSize = GB / 1000, .argCount = 1000);
    p = malloc(100);
    assert_null(realloc(p, opaque_size(GB)));
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = spaces_default_chunk,
                .argPtr = p, .argSize = GB);
    free(p);
    spaces_set_error_handler(lifts_limit);
    p = malloc(opaque_size(GB));
    spaces_set_error_handler(recorder);
    assert_non_null(p);
    free(p);
    EXPECT_TOLD(test_out_of_memory, SPACES_ERR_OUT_OF_MEMORY, .chunk = spaces_default_chunk,
                .argSize = GB);
}

static void test_out_of_chunks(void **state)
{
    (void)state;
    /* Until there is no memory for one more. */
    enum { MOST = 20000 };
    static SpacesChunk many[MOST];
    int count = 0;
    rlim_t before = address_space(mapped());
    while (count < MOST && (many[count] = spaces_chunk_create(SPACES_CHUNK_ZERO_INIT)))
        count++;
    address_space(before);
    assert_in_range(count, 1, MOST - 1);
    EXPECT_TOLD(test_out_of_chunks, SPACES_ERR_OUT_OF_MEMORY, .argFlags = SPACES_CHUNK_ZERO_INIT);
    while (count)
        assert_int_equal(spaces_chunk_destroy(many[--count]), 1);
}

static void test_exceeded_ceiling(void **state)
{
    (void)state;
    spaces_chunk_set_ceiling(chunk, 1 << 20);
    void *p = spaces_chunk_alloc(chunk, 100, 0);
    assert_null(spaces_chunk_alloc(chunk, 2 << 20, SPACES_FLAG_RESIZEABLE));
    expect_creation(test_exceeded_ceiling);
    EXPECT_TOLD(test_exceeded_ceiling, SPACES_ERR_EXCEEDED_CEILING, .chunk = chunk,
                .argChunk = chunk, .argSize = 2 << 20, .argFlags = SPACES_FLAG_RESIZEABLE);
    assert_null(spaces_chunk_realloc(p, 2 << 20, 0));
    EXPECT_TOLD(test_exceeded_ceiling, SPACES_ERR_EXCEEDED_CEILING, .chunk = chunk, .argPtr = p,
                .argSize = 2 << 20);
    assert_null(spaces_chunk_realloc_aligned(p, 2 << 20, 64, 0));
    EXPECT_TOLD(test_exceeded_ceiling, SPACES_ERR_EXCEEDED_CEILING, .chunk = chunk, .argPtr = p,
                .argSize = 2 << 20, .argCount = 64);
    assert_int_equal(spaces_chunk_preallocate(chunk, 4 << 20, SPACES_BLOCK_VAR_FIXED), SIZE_MAX);
    EXPECT_TOLD(test_exceeded_ceiling, SPACES_ERR_EXCEEDED_CEILING, .chunk = chunk,
                .argChunk = chunk, .argSize = 4 << 20, .argFlags = SPACES_BLOCK_VAR_FIXED);
    SpacesChunk fixed = spaces_chunk_create_fixed(1000, 0, 0);
    spaces_chunk_set_ceiling(fixed, 4096);
    assert_null(spaces_chunk_alloc_fixed(fixed));
    EXPECT_TOLD(test_exceeded_ceiling, SPACES_ERR_EXCEEDED_CEILING, .chunk = fixed,
                .argChunk = fixed, .argSize = 1000);
    spaces_chunk_destroy(fixed);
    assert_non_null(spaces_chunk_alloc(chunk, 100, 0)); /* the chunk works on */
}

static void test_exceeded_heap_limit(void **state)
{
    (void)state;
    SpacesProcessInfo info;
    spaces_process_info(&info);
    size_t before = spaces_process_set_heap_limit(info.heapTotal + (1 << 20));
    assert_null(spaces_chunk_alloc(chunk, (size_t)64 << 20, 0));
    EXPECT_TOLD(test_exceeded_heap_limit, SPACES_ERR_EXCEEDED_HEAP_LIMIT, .chunk = chunk,
                .argChunk = chunk, .argSize = (size_t)64 << 20);
    errno = 0;
    assert_null(malloc(opaque_size((size_t)64 << 20)));
    assert_int_equal(errno, ENOMEM);
    EXPECT_TOLD(test_exceeded_heap_limit, SPACES_ERR_EXCEEDED_HEAP_LIMIT,
                .chunk = spaces_default_chunk, .argSize = (size_t)64 << 20);
    spaces_process_set_heap_limit(before);
    assert_non_null(spaces_chunk_alloc(chunk, (size_t)64 << 20, 0));
}

/* Segments of 4 MiB for the whole table take more memory than a test may. So all other entries of
 * the table are taken first, and then a segment more is needed, as it would be. */
static int fills_the_segment_table(void *unused)
{
    (void)unused;
    uint64_t *entries = (uint64_t *)(uintptr_t)spaces_heap_root.segments;
    uint64_t used = spaces_heap_root.segment_count;
    for (uint64_t i = 0; i < SP_MAX_SEGMENTS; i++)
        if (!entries[i])
            entries[i] = 1;
    spaces_heap_root.segment_count = SP_MAX_SEGMENTS;
    void *p = spaces_chunk_alloc(chunk, (size_t)64 << 20, SPACES_FLAG_ZERO_INIT);
    if (p)
        return 1;
    EXPECT_TOLD(fills_the_segment_table, SPACES_ERR_TOO_MANY_PAGES, .chunk = chunk,
                .argChunk = chunk, .argSize = (size_t)64 << 20, .argFlags = SPACES_FLAG_ZERO_INIT);
    SpacesProcessInfo before, after;
    spaces_process_info(&before);
    spaces_chunk_alloc(chunk, (size_t)64 << 20, 0);
    spaces_process_info(&after);
    if (after.heapTotal != before.heapTotal || told.count != 1)
        return 2; /* a failure costs nothing */
    spaces_heap_root.segment_count = used;
    for (uint64_t i = 0; i < SP_MAX_SEGMENTS; i++)
        if (entries[i] == 1)
            entries[i] = 0;
    return 0;
}

static void test_too_many_pages(void **state)
{
    (void)state;
    Ended ended;
    run_child(fills_the_segment_table, NULL, &ended);
    if (!ended.exited || ended.code)
        fail_msg("ended with %d: %s%s", ended.code, ended.output, ended.errors);
}

/* The table of chunks likewise. */
static int fills_the_chunk_table(void *unused)
{
    (void)unused;
    uint64_t *entries = (uint64_t *)(uintptr_t)spaces_heap_root.chunks;
    uint64_t used = spaces_heap_root.chunk_count, any = (uintptr_t)chunk;
    for (uint64_t i = 0; i < SP_MAX_CHUNKS; i++)
        if (!entries[i])
            entries[i] = any;
    spaces_heap_root.chunk_count = SP_MAX_CHUNKS;
    if (spaces_chunk_create(SPACES_CHUNK_SERIALIZE))
        return 1;
    EXPECT_TOLD(fills_the_chunk_table, SPACES_ERR_TOO_MANY_TASKS,
                .argFlags = SPACES_CHUNK_SERIALIZE);
    for (uint64_t i = used; i < SP_MAX_CHUNKS; i++)
        entries[i] = 0;
    spaces_heap_root.chunk_count = used;
    return 0;
}

static void test_too_many_tasks(void **state)
{
    (void)state;
    Ended ended;
    run_child(fills_the_chunk_table, NULL, &ended);
    if (!ended.exited || ended.code)
        fail_msg("ended with %d: %s%s", ended.code, ended.output, ended.errors);
}

/* ---- damage --------------------------------------------------------------------------------- */

static void test_damaged_chunk_header(void **state)
{
    (void)state;
    SpChunk *header = (SpChunk *)(void *)chunk;
    uint64_t *fields[] = {&header->magic, &header->cookie};
    void *p = spaces_chunk_alloc(chunk, 100, 0);
    for (size_t i = 0; i < 2; i++) {
        uint64_t right = *fields[i];
        *fields[i] ^= 0x100;
        assert_null(spaces_chunk_alloc(chunk, 10, 0));
        EXPECT_TOLD(test_damaged_chunk_header, SPACES_ERR_BAD_CHUNK, .argChunk = chunk,
                    .argSize = 10, .errorAlloc = fields[i], .corruptAddr = fields[i]);
        assert_int_equal(spaces_chunk_check(chunk), 0);
        EXPECT_TOLD(test_damaged_chunk_header, SPACES_ERR_BAD_CHUNK, .argChunk = chunk,
                    .errorAlloc = fields[i], .corruptAddr = fields[i]);
        SpacesChunkInfo info;
        SpacesChunkStatus status = spaces_chunk_first(&info, 0);
        while (status == SPACES_CHUNK_OK)
            status = spaces_chunk_next(&info, 0);
        assert_int_equal(status, SPACES_CHUNK_CORRUPT_FATAL);
        *fields[i] = right;
        told_reset();
        assert_int_equal(spaces_chunk_check(chunk), 1);
    }
    assert_int_equal(spaces_chunk_free(p), 1);
}

static void test_damaged_slab_header(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_non_null(spaces_chunk_alloc(chunk, 100, 0));
    SpSlab *slab = chunk_of(chunk)->heaps->slabs;
    uint32_t right = slab->block_size;
    slab->block_size = right * 3 + 1;
    assert_int_equal(spaces_chunk_check(chunk), 0);
    assert_true(told.count >= 1);
    assert_int_equal(told.info.errorCode, SPACES_ERR_BAD_CHUNK);
    assert_ptr_equal(told.info.chunk, chunk);
    assert_in_range((uintptr_t)told.info.corruptAddr, (uintptr_t)slab, (uintptr_t)(slab + 1));
    expect_place(test_damaged_slab_header);
    told_reset();
    SpacesChunkEntry entry = {0};
    SpacesChunkStatus status;
    int steps = 0;
    while ((status = spaces_chunk_walk(chunk, &entry)) == SPACES_CHUNK_OK)
        assert_true(++steps < 10000);
    assert_true(status == SPACES_CHUNK_CORRUPT || status == SPACES_CHUNK_CORRUPT_FATAL);
    slab->block_size = right;
    told_reset();
    reports_drop();
    assert_int_equal(spaces_chunk_check(chunk), 1);
    assert_int_equal(told.count, 0);
}

/* Only the debug build has something around a live block that can be damaged. */
static void test_bad_block(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    char *p = spaces_chunk_alloc(chunk, 50, 0);
    p[50] ^= 0x3c;
    assert_int_equal(spaces_chunk_check(chunk), 0);
    expect_creation(test_bad_block);
    EXPECT_TOLD(test_bad_block, SPACES_ERR_BAD_BLOCK, .chunk = chunk, .errorAlloc = p,
                .corruptAddr = p + 50);
    p[50] ^= 0x3c;
    assert_int_equal(spaces_chunk_check(chunk), 1);
    char *q = spaces_chunk_alloc(chunk, 60, 0);
    q[-3] ^= 0x3c;
    assert_int_equal(spaces_chunk_check_aligned(chunk, q), SPACES_CHUNK_CORRUPT);
    EXPECT_TOLD(test_bad_block, SPACES_ERR_BAD_BLOCK, .chunk = chunk, .errorAlloc = q,
                .corruptAddr = q - 3);
    q = spaces_chunk_alloc(chunk, 70, 0);
    q[71] ^= 0x3c;
    assert_int_equal(spaces_chunk_free(q), 1); /* told, and freed */
    EXPECT_TOLD(test_bad_block, SPACES_ERR_BAD_BLOCK, .chunk = chunk, .errorAlloc = q,
                .corruptAddr = q + 71);
}

static void test_bad_free_block(void **state)
{
    (void)state;
    char *blocks[8];
    for (int i = 0; i < 8; i++)
        blocks[i] = spaces_chunk_alloc(chunk, 64, 0);
    for (int i = 0; i < 8; i++)
        spaces_chunk_free(blocks[i]);
    memset(opaque(blocks[7]), 0x11, 8);
    assert_int_equal(spaces_chunk_check(chunk), 0);
    assert_int_equal(told.info.errorCode, SPACES_ERR_BAD_FREE_BLOCK);
    assert_ptr_equal(told.info.chunk, chunk);
    assert_ptr_equal(told.info.errorAlloc, blocks[7]);
    assert_ptr_equal(told.info.corruptAddr, blocks[7]);
    expect_place(test_bad_free_block);
    told_reset();
    if (is_debug_build())
        memset(opaque(blocks[7]), 0xdb, 8); /* mended */
    else
        assert_non_null(spaces_chunk_alloc(chunk, 64, 0)); /* the list is given up */
    reports_drop();
    told_reset();
    for (int i = 0; i < 3000; i++)
        memset(spaces_chunk_alloc(chunk, 64, 0), 1, 64);
    assert_int_equal(told.count, 0);
}

#define FAILURE(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    FAILURE(test_out_of_memory),
    FAILURE(test_out_of_chunks),
    FAILURE(test_exceeded_ceiling),
    FAILURE(test_exceeded_heap_limit),
    FAILURE(test_too_many_pages),
    FAILURE(test_too_many_tasks),
    FAILURE(test_damaged_chunk_header),
    FAILURE(test_damaged_slab_header),
    FAILURE(test_bad_block),
    FAILURE(test_bad_free_block),
};

SUITE_MAIN(tests, NULL)
