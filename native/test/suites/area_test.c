/* area_test.c - chunks in memory of the caller's: what is refused, where it may lie, that
 * every pointer finds its area, and that the memory is the caller's again afterwards. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

static unsigned char fixed_place[256 * 1024] __attribute__((aligned(64)));
static SpacesChunk area;

static int with_area(void **state)
{
    fresh(state);
    memset(fixed_place, 0x77, sizeof fixed_place);
    area = spaces_chunk_create_area(fixed_place, sizeof fixed_place, 0);
    return area ? 0 : -1;
}

static int without_area(void **state)
{
    (void)state;
    return spaces_chunk_destroy(area) ? 0 : -1;
}

static bool lies_within(const void *block, size_t size, const void *start, size_t bytes)
{
    const char *p = block, *s = start;
    return p >= s && p + size <= s + bytes;
}

/* ---- what is refused ------------------------------------------------------------- */

static void expect_refusal(void *addr, size_t size, unsigned flags, SpacesErrorCode code)
{
    told_reset();
    assert_null(spaces_chunk_create_area(addr, size, flags));
    told_expect(code);
    assert_ptr_equal(told.info.argPtr, addr);
    assert_int_equal(told.info.argSize, size);
    assert_int_equal(told.info.argFlags, flags);
    report_expect_one(&(Report){{0}},
                      code == SPACES_ERR_OUT_OF_MEMORY ? "out-of-memory" : "bad-argument");
}

static void test_bad_arguments(void **state)
{
    (void)state;
    char *block = malloc(64 * KIB);
    expect_refusal(NULL, 64 * KIB, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block, 0, 0, SPACES_ERR_ALLOC_ZERO);
    expect_refusal(block, 15, 0, SPACES_ERR_BLOCK_TOO_BIG);
    expect_refusal(block + 1, 16, 0, SPACES_ERR_BLOCK_TOO_BIG);
    expect_refusal((void *)((uintptr_t)1 << 63), 4096, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal((void *)(((uintptr_t)1 << 47) - 4096), 8192, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block, SIZE_MAX, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block, 64 * KIB, SPACES_CHUNK_FILE_MAPPING, SPACES_ERR_BAD_FLAGS);
    expect_refusal(block, 64 * KIB, SPACES_CHUNK_SHARED, SPACES_ERR_BAD_FLAGS);
    free(block);
    told_reset();
    assert_null(spaces_chunk_create_area_ex(NULL, 5, 0, &told));
    assert_ptr_equal(told.info.argBuf, &told);
}

static void test_memory_that_cannot_be_written(void **state)
{
    (void)state;
    char *map = mmap(NULL, 1 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect_refusal((void *)(uintptr_t)&test_bad_arguments, 64, 0, SPACES_ERR_BAD_POINTER);
    mprotect(map + 512 * KIB, 4096, PROT_READ);
    expect_refusal(map, 1 * MIB, 0, SPACES_ERR_BAD_POINTER);
    mprotect(map + 512 * KIB, 4096, PROT_NONE);
    expect_refusal(map, 1 * MIB, 0, SPACES_ERR_BAD_POINTER);
    munmap(map + 512 * KIB, 4096);
    expect_refusal(map, 1 * MIB, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(map + 600 * KIB, 1 * MIB * 1024 * 1024, 0, SPACES_ERR_BAD_POINTER);
    told_reset();
    /* On both sides of the hole. */
    SpacesChunk low = spaces_chunk_create_area(map, 512 * KIB, 0);
    SpacesChunk high = spaces_chunk_create_area(map + 516 * KIB, 508 * KIB, 0);
    assert_true(low && high);
    assert_int_equal(told.count, 0);
    spaces_chunk_destroy(low);
    spaces_chunk_destroy(high);
    munmap(map, 512 * KIB);
    munmap(map + 516 * KIB, 508 * KIB);
}

static void test_overlapping_areas(void **state)
{
    (void)state;
    char *block = malloc(64 * KIB);
    SpacesChunk first = spaces_chunk_create_area(block + 16 * KIB, 16 * KIB, 0);
    assert_non_null(first);
    expect_refusal(block, 64 * KIB, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block, 16 * KIB + 1, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block + 32 * KIB - 1, 8 * KIB, 0, SPACES_ERR_BAD_POINTER);
    expect_refusal(block + 20 * KIB, 4 * KIB, 0, SPACES_ERR_BAD_POINTER);
    told_reset();
    SpacesChunk below = spaces_chunk_create_area(block, 16 * KIB, 0);
    SpacesChunk above = spaces_chunk_create_area(block + 32 * KIB, 16 * KIB, 0);
    assert_true(below && above);
    assert_int_equal(told.count, 0);
    spaces_chunk_destroy(first);
    first = spaces_chunk_create_area(block + 16 * KIB, 16 * KIB, 0);
    assert_non_null(first);
    spaces_chunk_destroy(below);
    spaces_chunk_destroy(first);
    spaces_chunk_destroy(above);
    free(block);
}

static void test_info(void **state)
{
    (void)state;
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(area, NULL, &info), 1);
    assert_int_equal(info.flags, SPACES_CHUNK_AREA);
    assert_int_equal(info.ceiling, SIZE_MAX);
    void *p = spaces_chunk_alloc(area, 100, 0);
    memset(&info, 0, sizeof info);
    assert_int_equal(spaces_chunk_info(NULL, p, &info), 1);
    assert_ptr_equal(info.chunk, area);
    assert_int_equal(chunk_of(area)->kind, SP_CHUNK_AREA);
    assert_int_equal(told.count, 0);
}

/* ---- where it may lie ------------------------------------------------------------- */

/* Use an area at a place; the bytes beside it stay, as do its own after the end. */
static void use_place(unsigned char *place, size_t bytes)
{
    enum { EDGE = 64, BLOCKS = 40 };
    unsigned char *start = place + EDGE, *copy = malloc(bytes);
    size_t size = bytes - 2 * EDGE;
    memset(place, 0x5e, EDGE);
    memset(place + bytes - EDGE, 0x5e, EDGE);
    SpacesChunk chunk = spaces_chunk_create_area(start, size, 0);
    assert_non_null(chunk);
    unsigned char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = spaces_chunk_alloc(chunk, (size_t)i * 11 + 1, 0);
        assert_true(lies_within(blocks[i], (size_t)i * 11 + 1, start, size));
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], i, (size_t)i * 11 + 1);
        assert_int_equal(spaces_chunk_ptr_check(chunk, blocks[i]), SPACES_PTR_OK);
        assert_int_equal(spaces_chunk_ptr_check(chunk, blocks[i] + 1), SPACES_PTR_WILD);
    }
    for (int i = 0; i < BLOCKS; i += 2)
        assert_int_equal(spaces_chunk_free(blocks[i]), 1);
    assert_int_equal(spaces_chunk_count(chunk), BLOCKS / 2);
    for (int i = 1; i < BLOCKS; i += 2)
        for (int at = 0; at < i * 11 + 1; at++)
            assert_int_equal(blocks[i][at], i);
    assert_int_equal(spaces_chunk_ptr_check(NULL, place + 8), SPACES_PTR_WILD);
    memcpy(copy, place, bytes);
    assert_int_equal(spaces_chunk_destroy(chunk), 1);
    assert_memory_equal(copy, place, bytes);
    for (int i = 0; i < EDGE; i++) {
        assert_int_equal(place[i], 0x5e);
        assert_int_equal(place[bytes - 1 - (size_t)i], 0x5e);
    }
    assert_int_equal(spaces_chunk_ptr_check(NULL, blocks[1]), SPACES_PTR_WILD);
    free(copy);
    assert_int_equal(told.count, 0);
}

static void test_static_memory(void **state)
{
    (void)state;
    use_place(fixed_place, sizeof fixed_place);
    use_place(fixed_place + 1, sizeof fixed_place - 7); /* any alignment */
}

static void test_stack_memory(void **state)
{
    (void)state;
    unsigned char place[100 * 1024];
    use_place(place, sizeof place);
}

static void test_mapped_memory(void **state)
{
    (void)state;
    unsigned char *map =
        mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    use_place(map, 16 * MIB);
    munmap(map, 16 * MIB);
}

static void test_memory_of_ours(void **state)
{
    (void)state;
    unsigned char *small = malloc(60 * KIB), *large = malloc(3 * MIB), *huge = malloc(9 * MIB);
    SpacesChunk chunk = spaces_chunk_create(0);
    unsigned char *of_chunk = spaces_chunk_alloc(chunk, 50 * KIB, 0);
    use_place(small, 60 * KIB);
    use_place(large, 3 * MIB);
    use_place(huge, 9 * MIB);
    use_place(of_chunk, 50 * KIB);
    /* Blocks like any others again. */
    assert_int_equal(spaces_chunk_ptr_check(chunk, of_chunk), SPACES_PTR_OK);
    free(small);
    free(large);
    free(huge);
    spaces_chunk_free(of_chunk);
    spaces_chunk_destroy(chunk);
    assert_int_equal(told.count, 0);
    report_expect_none();
}

/* The short ways do not look at areas: a neighbour's block and an area's lie in one segment. */
static void test_neighbours_in_one_segment(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    SpacesChunk open = spaces_chunk_create(0);
    void *neighbours[COUNT], *others[COUNT], *inside[COUNT];
    unsigned char *place = malloc(200 * KIB);
    SpacesChunk chunk = spaces_chunk_create_area(place, 200 * KIB, 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            neighbours[i] = malloc(200);
            others[i] = spaces_chunk_alloc(open, 200, 0);
            inside[i] = spaces_chunk_alloc(chunk, 200, 0);
            assert_true(lies_within(inside[i], 200, place, 200 * KIB));
        }
        for (int i = 0; i < COUNT; i++) {
            if (i % 2)
                free(inside[i]);
            else
                assert_int_equal(spaces_chunk_free(inside[i]), 1);
            free(neighbours[i]);
            assert_int_equal(spaces_chunk_free(others[i]), 1);
        }
        assert_int_equal(spaces_chunk_count(chunk), 0);
        assert_int_equal(spaces_chunk_count(open), 0);
    }
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    p = realloc(p, 1000); /* stays in its chunk */
    assert_true(lies_within(p, 1000, place, 200 * KIB));
    spaces_chunk_destroy(chunk);
    spaces_chunk_destroy(open);
    free(place);
    assert_int_equal(told.count, 0);
    report_expect_none();
}

/* An area in a small block: free's short way would take its blocks for the small block's slab. */
static void test_area_in_a_small_block(void **state)
{
    (void)state;
    enum { PLACE = 6000, COUNT = 20 };
    for (int round = 0; round < 50; round++) {
        void *before = malloc(PLACE), *after;
        unsigned char *place = malloc(PLACE);
        after = malloc(PLACE);
        memset(before, 1, PLACE);
        memset(after, 2, PLACE);
        SpacesChunk low = spaces_chunk_create_area(place, PLACE / 2, 0);
        SpacesChunk high = spaces_chunk_create_area(place + PLACE / 2, PLACE / 2, 0);
        void *blocks[COUNT];
        for (int i = 0; i < COUNT; i++) {
            blocks[i] = spaces_chunk_alloc(i % 2 ? low : high, 80, 0);
            assert_true(lies_within(blocks[i], 80, place, PLACE));
            memset(blocks[i], i, 80);
        }
        for (int i = 0; i < COUNT; i++) {
            if (i == COUNT / 2) {
                /* The other one still lies in this slab. */
                assert_int_equal(spaces_chunk_count(low), COUNT / 4);
                spaces_chunk_destroy(low);
            }
            if (i < COUNT / 2 || i % 2 == 0)
                free(blocks[i]);
        }
        assert_int_equal(spaces_chunk_count(high), 0);
        spaces_chunk_destroy(high);
        assert_int_equal(spaces_chunk_ptr_check(NULL, place), SPACES_PTR_OK);
        void *more[COUNT];
        for (int i = 0; i < COUNT; i++) {
            assert_non_null(more[i] = malloc(PLACE));
            assert_false(lies_within(more[i], 1, place, PLACE));
        }
        for (int i = 0; i < COUNT; i++)
            free(more[i]);
        free(place);
        free(before);
        free(after);
    }
    assert_int_equal(spaces_chunk_check(spaces_default_chunk), 1);
    assert_int_equal(told.count, 0);
    report_expect_none();
}

static void test_many_areas(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    const size_t each = 16 * KIB;
    unsigned char *map =
        mmap(NULL, COUNT * each, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static SpacesChunk chunks[COUNT];
    static void *blocks[COUNT];
    uint64_t dice = 77;
    for (size_t i = 0; i < COUNT; i++) {
        size_t at = i * 7 % COUNT; /* in no order */
        chunks[at] = spaces_chunk_create_area(map + at * each, each, 0);
        assert_non_null(blocks[at] = spaces_chunk_alloc(chunks[at], 500, 0));
    }
    for (int left = COUNT; left; left--) {
        size_t gone = random_next(&dice) % COUNT;
        while (!chunks[gone])
            gone = (gone + 1) % COUNT;
        spaces_chunk_destroy(chunks[gone]);
        chunks[gone] = NULL;
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(spaces_chunk_ptr_check(chunks[i], blocks[i]),
                             chunks[i] ? SPACES_PTR_OK : SPACES_PTR_WILD);
    }
    munmap(map, COUNT * each);
}

/* Memory that was an area's serves for segments afterwards, and the other way round. */
static void test_addresses_change_hands(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        unsigned char *map =
            mmap(NULL, 24 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        SpacesChunk chunk = spaces_chunk_create_area(map, 24 * MIB, 0);
        assert_non_null(spaces_chunk_alloc(chunk, 20 * MIB, 0));
        spaces_chunk_destroy(chunk);
        munmap(map, 24 * MIB);
        chunk = spaces_chunk_create(0);
        for (int i = 0; i < 300; i++) {
            void *p = spaces_chunk_alloc(chunk, 60000, 0);
            assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
            if (i % 3)
                assert_int_equal(spaces_chunk_free(p), 1);
        }
        spaces_chunk_destroy(chunk);
        spaces_process_flush_all();
    }
    assert_int_equal(told.count, 0);
}

/* ---- threads, fork ----------------------------------------------------------------------- */

static void *works(void *argument)
{
    uint64_t dice = (uintptr_t)argument * 7919 + 1;
    unsigned char *blocks[50] = {NULL};
    size_t sizes[50];
    uintptr_t wrong = 0;
    for (int i = 0; i < 20000; i++) {
        size_t at = random_next(&dice) % 50;
        if (blocks[at]) {
            wrong += blocks[at][sizes[at] - 1] != (unsigned char)sizes[at];
            wrong += spaces_chunk_free(blocks[at]) != 1;
        }
        sizes[at] = random_next(&dice) % 300 + 1;
        blocks[at] = spaces_chunk_alloc(area, sizes[at], 0);
        if (blocks[at])
            memset(blocks[at], (int)sizes[at], sizes[at]);
    }
    for (int i = 0; i < 50; i++)
        if (blocks[i])
            spaces_chunk_free(blocks[i]);
    return (void *)wrong;
}

static void test_threads(void **state)
{
    (void)state;
    spaces_chunk_destroy(area);
    area = spaces_chunk_create_area(fixed_place, sizeof fixed_place, SPACES_CHUNK_SERIALIZE);
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, works, (void *)(i + 1));
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(spaces_chunk_count(area), 0);
    assert_int_equal(spaces_chunk_lock(area), 1);
    assert_non_null(spaces_chunk_alloc(area, 10, 0));
    assert_int_equal(spaces_chunk_unlock(area), 1);
    assert_int_equal(told.count, 0);
}

static int goes_on_in_the_child(void *argument)
{
    if (spaces_chunk_count(area) != 1 || !spaces_chunk_free(argument))
        return 1;
    return spaces_chunk_alloc(area, 5000, 0) && spaces_chunk_count(area) == 1 ? 0 : 2;
}

static void test_fork(void **state)
{
    (void)state;
    void *p = spaces_chunk_alloc(area, 100, 0);
    Ended ended;
    run_child(goes_on_in_the_child, p, &ended);
    assert_int_equal(ended.code, 0);
    assert_int_equal(spaces_chunk_count(area), 1);
    assert_int_equal(spaces_chunk_free(p), 1);
}

#define of_area(test) cmocka_unit_test_setup_teardown(test, with_area, without_area)
#define alone(test)   cmocka_unit_test_setup(test, fresh)

static const struct CMUnitTest tests[] = {
    alone(test_bad_arguments),
    alone(test_memory_that_cannot_be_written),
    alone(test_overlapping_areas),
    of_area(test_info),
    alone(test_static_memory),
    alone(test_stack_memory),
    alone(test_mapped_memory),
    alone(test_memory_of_ours),
    alone(test_neighbours_in_one_segment),
    alone(test_area_in_a_small_block),
    alone(test_many_areas),
    alone(test_addresses_change_hands),
    of_area(test_threads),
    of_area(test_fork),
};

SUITE_MAIN(tests, NULL)
