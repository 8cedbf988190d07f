/* limits_test.c - a chunk's ceiling and floor, the heap limit, and the facts that a chunk
 * tells. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>

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
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

/* ---- ceilings -------------------------------------------------------------------- */

static void test_ceiling_of_an_empty_chunk(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_size(chunk), 0);
    assert_int_equal(spaces_chunk_set_ceiling(chunk, 4096), SIZE_MAX);
    int got = 0;
    while (got < 1000 && spaces_chunk_alloc(chunk, 64, 0))
        got++;
    assert_true(got * 64 <= 4096);
    told_expect(SPACES_ERR_EXCEEDED_CEILING);
    assert_ptr_equal(told.info.chunk, chunk);
    assert_int_equal(told.info.argSize, 64);
    assert_true(spaces_chunk_size(chunk) <= 4096);
    assert_int_equal(spaces_chunk_set_ceiling(chunk, SPACES_ERROR_RET), 4096);
    told_reset();
    assert_non_null(spaces_chunk_alloc(chunk, 64, 0));
}

static void test_ceiling_is_kept(void **state)
{
    (void)state;
    spaces_chunk_set_ceiling(chunk, 1 << 20);
    uint64_t random = 9;
    spaces_set_error_handler(NULL);
    for (int i = 0; i < 20000; i++) {
        spaces_chunk_alloc(chunk, random_next(&random) % (i % 64 ? 700 : 90000) + 1, 0);
        assert_true(spaces_chunk_size(chunk) <= 1 << 20);
    }
    assert_true(spaces_chunk_size(chunk) > (1 << 20) - 131072);
}

static void test_ceiling_below_the_footprint_is_ignored(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        spaces_chunk_alloc(chunk, 1000, 0);
    size_t size = spaces_chunk_size(chunk);
    spaces_chunk_set_ceiling(chunk, size - 1);
    assert_int_equal(spaces_chunk_set_ceiling(chunk, size), SIZE_MAX);
    assert_int_equal(spaces_chunk_set_ceiling(chunk, 0), size);
    SpacesChunkInfo info;
    spaces_chunk_info(chunk, NULL, &info);
    assert_int_equal(info.ceiling, size);
}

static void test_floor(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_floor(chunk, 1 << 20), 0);
    assert_int_equal(spaces_chunk_set_floor(chunk, 2 << 20), 1 << 20);
    spaces_chunk_set_ceiling(chunk, 1 << 20); /* below the floor: no effect */
    SpacesChunkInfo info;
    spaces_chunk_info(chunk, NULL, &info);
    assert_int_equal(info.floor, 2 << 20);
    assert_int_equal(info.ceiling, SIZE_MAX);
    spaces_chunk_set_ceiling(chunk, 4 << 20);
    spaces_chunk_set_floor(chunk, 8 << 20); /* above the ceiling: no effect */
    spaces_chunk_info(chunk, NULL, &info);
    assert_int_equal(info.floor, 2 << 20);
    /* What was taken stays, up to the floor, when it is all free. */
    static void *blocks[6000];
    int count = 0;
    while (spaces_chunk_size(chunk) < (size_t)5 << 19 && count < 6000)
        assert_non_null(blocks[count++] = spaces_chunk_alloc(chunk, 500, 0));
    for (int i = 0; i < count; i++)
        spaces_chunk_free(blocks[i]);
    quarantine_let_go();
    assert_true(spaces_chunk_size(chunk) >= (size_t)2 << 20);
}

/* Eight of them make a million operations, about half of them frees. */
#define GREEDY 66000

static void *greedy(void *argument)
{
    uint64_t random = (uintptr_t)argument + 1;
    void *mine[64] = {0};
    for (int i = 0; i < GREEDY; i++) {
        void **slot = &mine[random_next(&random) % 64];
        if (*slot)
            spaces_chunk_free(*slot);
        *slot = spaces_chunk_alloc(chunk, random_next(&random) % (i % 40 ? 3000 : 200000) + 1, 0);
        if (spaces_chunk_size(chunk) > (size_t)2 << 20)
            return "the footprint exceeds the ceiling";
    }
    for (int i = 0; i < 64; i++)
        if (mine[i])
            spaces_chunk_free(mine[i]);
    return NULL;
}

static void test_ceiling_holds_under_threads(void **state)
{
    (void)state;
    spaces_set_error_handler(NULL);
    chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    spaces_chunk_set_ceiling(chunk, (size_t)2 << 20);
    pthread_t threads[8];
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, greedy, (void *)i), 0);
    for (int i = 0; i < 8; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        if (wrong)
            fail_msg("%s", (char *)wrong);
    }
    assert_true(chunk_of(chunk)->peak <= (uint64_t)2 << 20);
    assert_true(chunk_of(chunk)->peak > (uint64_t)2 << 20 >> 1); /* the ceiling was met */
    assert_int_equal(spaces_chunk_count(chunk), 0);
    assert_int_equal(spaces_chunk_check(chunk), 1);
    void *after = spaces_chunk_alloc(chunk, 3000, 0);
    assert_non_null(after);
    assert_int_equal(spaces_chunk_free(after), 1);
    assert_int_equal(spaces_chunk_destroy(chunk), 1);
    reports_drop();
}

/* ---- facts ------------------------------------------------------------------------ */

static void test_info(void **state)
{
    (void)state;
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    SpacesChunkInfo info, by_pointer;
    assert_int_equal(spaces_chunk_info(chunk, NULL, &info), 1);
    assert_int_equal(spaces_chunk_info(NULL, p, &by_pointer), 1);
    assert_ptr_equal(info.chunk, chunk);
    assert_ptr_equal(by_pointer.chunk, chunk);
    assert_int_equal(info.blockSizeFS, 0);
    assert_int_equal(info.pageSize, 65536);
    assert_int_equal(info.floor, 0);
    assert_int_equal(info.ceiling, SIZE_MAX);
    assert_ptr_equal(info.errorFn, recorder);
    assert_int_equal(spaces_chunk_info(chunk, malloc(1), &info), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
}

static void test_enumeration(void **state)
{
    (void)state;
    SpacesChunk more[5];
    for (int i = 0; i < 5; i++)
        more[i] = spaces_chunk_create(0);
    int seen[6] = {0}, all = 0, others = 0;
    SpacesChunkInfo info;
    for (SpacesChunkStatus s = spaces_chunk_first(&info, 0); s == SPACES_CHUNK_OK;
         s = spaces_chunk_next(&info, 0), all++) {
        int known = 0;
        for (int i = 0; i < 5; i++)
            if (info.chunk == more[i])
                known = ++seen[i];
        if (info.chunk == spaces_default_chunk)
            known = ++seen[5];
        others += !known;
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(seen[i], 1);
    assert_true(others >= 1); /* `chunk` */
    assert_true(all < 100);
    for (int i = 0; i < 5; i++)
        assert_int_equal(spaces_chunk_destroy(more[i]), 1);
}

static void test_heap_limit(void **state)
{
    (void)state;
    SpacesProcessInfo info;
    spaces_process_info(&info);
    size_t before = spaces_process_set_heap_limit(info.heapTotal + (1 << 20));
    assert_int_equal(before, SIZE_MAX);
    assert_null(spaces_chunk_alloc(chunk, (size_t)256 << 20, 0));
    told_expect(SPACES_ERR_EXCEEDED_HEAP_LIMIT);
    Report report;
    report_expect_one(&report, "heap-limit");
    spaces_process_info(&info);
    assert_true(info.heapTotal <= info.heapLimit);
    assert_int_equal(spaces_process_set_heap_limit(before), info.heapLimit);
    void *p = spaces_chunk_alloc(chunk, (size_t)256 << 20, 0);
    assert_non_null(p);
    assert_int_equal(spaces_process_info(NULL), 0);
}

#define CHUNK_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    CHUNK_TEST(test_ceiling_of_an_empty_chunk),
    CHUNK_TEST(test_ceiling_is_kept),
    CHUNK_TEST(test_ceiling_below_the_footprint_is_ignored),
    CHUNK_TEST(test_floor),
    cmocka_unit_test_setup(test_ceiling_holds_under_threads, fresh),
    CHUNK_TEST(test_info),
    CHUNK_TEST(test_enumeration),
    CHUNK_TEST(test_heap_limit),
};

SUITE_MAIN(tests, NULL)
