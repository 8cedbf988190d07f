/* chunk_test.c - blocks of chunks: allocating, resizing, zeroing, freeing, and chunks of
 * one fixed size. */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>

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

/* ---- blocks ------------------------------------------------------------------ */

static void test_alloc_and_free(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i * i / 7 + 1;
        blocks[i] = spaces_chunk_alloc(chunk, size, 0);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 8, 0);
        assert_true(spaces_chunk_ptr_size(blocks[i]) >= size);
        memset(blocks[i], (int)i, size);
        assert_int_equal(spaces_chunk_count(chunk), i + 1);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t at = 0; at < i * i / 7 + 1; at++)
            assert_int_equal(blocks[i][at], (unsigned char)i);
        assert_int_equal(spaces_chunk_free(blocks[i]), 1);
        assert_int_equal(spaces_chunk_count(chunk), COUNT - 1 - i);
    }
    assert_int_equal(told.count, 0);
}

static void test_free_serves_chunks_and_malloc_alike(void **state)
{
    (void)state;
    free(spaces_chunk_alloc(chunk, 100, 0));
    assert_int_equal(spaces_chunk_count(chunk), 0);
    assert_int_equal(spaces_chunk_free(malloc(100)), 1);
    void *p = realloc(spaces_chunk_alloc(chunk, 50, 0), 5000);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK); /* stays in its chunk */
    free(p);
    assert_int_equal(told.count, 0);
    report_expect_none();
}

static void test_small_blocks_are_dense(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* redzones */
    for (int i = 0; i < 10000; i++)
        assert_non_null(spaces_chunk_alloc(chunk, 24, 0));
    assert_true(spaces_chunk_size(chunk) <= 10000 * 24 + 65536);
}

static void test_zero_init(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++)
        for (size_t size = 1; size < 200000; size = size * 2 + 5) {
            unsigned char *p = spaces_chunk_alloc(chunk, size, SPACES_FLAG_ZERO_INIT);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xff, spaces_chunk_ptr_size(p));
            p = spaces_chunk_realloc(p, size + size / 2 + 100, SPACES_FLAG_ZERO_INIT);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0xff);
            memset(p, 0xff, spaces_chunk_ptr_size(p));
            spaces_chunk_free(p);
        }
}

/* Bytes between a block's size and what it can hold are new when it grows into them. */
static void test_zero_init_reaches_into_the_slack(void **state)
{
    (void)state;
    for (size_t size = 1; size < 300000; size += size < 9000 ? 37 : 20011) {
        void *dirty[4];
        for (int i = 0; i < 4; i++) {
            dirty[i] = spaces_chunk_alloc(chunk, size, 0);
            memset(dirty[i], 0xff, spaces_chunk_ptr_size(dirty[i]));
        }
        for (int i = 0; i < 4; i++)
            spaces_chunk_free(dirty[i]);
        unsigned char *p = spaces_chunk_alloc(chunk, size, SPACES_FLAG_ZERO_INIT);
        size_t room = spaces_chunk_ptr_size(p);
        p = spaces_chunk_realloc(p, room, SPACES_FLAG_ZERO_INIT);
        for (size_t i = 0; i < room; i++)
            assert_int_equal(p[i], 0);
        spaces_chunk_free(p);
    }
}

static void test_zero_init_chunk(void **state)
{
    (void)state;
    SpacesChunk zeroed = spaces_chunk_create(SPACES_CHUNK_ZERO_INIT);
    for (int round = 0; round < 4; round++) {
        unsigned char *p = spaces_chunk_alloc(zeroed, 3000, 0);
        for (int i = 0; i < 3000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 1, 3000);
        spaces_chunk_free(p);
    }
    spaces_chunk_destroy(zeroed);
    zeroed = spaces_chunk_create_fixed(100, 0, SPACES_CHUNK_ZERO_INIT);
    for (int round = 0; round < 4; round++) {
        unsigned char *p = spaces_chunk_alloc_fixed(zeroed);
        for (int i = 0; i < 100; i++)
            assert_int_equal(p[i], 0);
        memset(p, 1, 100);
        spaces_chunk_free_fixed(p);
    }
    spaces_chunk_destroy(zeroed);
}

static void test_resizing(void **state)
{
    (void)state;
    unsigned char *p = spaces_chunk_alloc(chunk, 1000, 0);
    memset(p, 7, 1000);
    assert_ptr_equal(spaces_chunk_realloc(p, 900, SPACES_FLAG_RESIZE_IN_PLACE), p);
    p = spaces_chunk_realloc(p, 100000, 0);
    assert_int_equal(p[899], 7);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
    p = spaces_chunk_realloc(p, 10, 0);
    assert_int_equal(p[9], 7);
    assert_int_equal(spaces_chunk_count(chunk), 1);
    assert_int_equal(told.count, 0);
}

static void test_realloc_in_place_refuses_to_move(void **state)
{
    (void)state;
    char *p = spaces_chunk_alloc(chunk, 100, 0);
    strcpy(p, "kept");
    assert_null(spaces_chunk_realloc(p, 100000, SPACES_FLAG_RESIZE_IN_PLACE));
    told_expect(SPACES_ERR_RESIZE_FAILED);
    assert_int_equal(told.info.argSize, 100000);
    assert_ptr_equal(told.info.chunk, chunk);
    assert_int_equal(told.info.argFlags, SPACES_FLAG_RESIZE_IN_PLACE);
    assert_string_equal(p, "kept");
}

static void test_resizeable_blocks_have_room(void **state)
{
    (void)state;
    char *p = spaces_chunk_alloc(chunk, 1000, SPACES_FLAG_RESIZEABLE);
    assert_ptr_equal(spaces_chunk_realloc(p, 1400, SPACES_FLAG_RESIZE_IN_PLACE), p);
    assert_int_equal(told.count, 0);
}

static void test_no_grow(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc(chunk, 64, SPACES_FLAG_NO_GROW));
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    void *p = spaces_chunk_alloc(chunk, 64, 0);
    told_reset();
    size_t size = spaces_chunk_size(chunk);
    while (spaces_chunk_alloc(chunk, 64, SPACES_FLAG_NO_GROW))
        assert_int_equal(spaces_chunk_size(chunk), size);
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    spaces_chunk_free(p);
    told_reset();
    if (!is_debug_build())
        assert_non_null(spaces_chunk_alloc(chunk, 64, SPACES_FLAG_NO_GROW));
}

static void test_no_external(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc(chunk, 1 << 20, SPACES_FLAG_NO_EXTERNAL));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    assert_int_equal(told.info.argSize, 1 << 20);
    void *p = spaces_chunk_alloc(chunk, 1 << 20, 0);
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(chunk, p, &info), 1);
    assert_true(info.type & SPACES_BLOCK_EXTERNAL);
}

/* ---- fixed chunks --------------------------------------------------------------- */

static void test_fixed_sizes(void **state)
{
    (void)state;
    static const unsigned short sizes[] = {1,   3,    4,    5,    8,    13,    24,
                                           100, 1000, 4096, 8192, 9000, 40000, 65535};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        unsigned short size = sizes[s];
        SpacesChunk fixed = spaces_chunk_create_fixed(size, 0, 0);
        assert_non_null(fixed);
        assert_int_equal(spaces_chunk_size(fixed), 0);
        SpacesChunkInfo info;
        assert_int_equal(spaces_chunk_info(fixed, NULL, &info), 1);
        assert_true(info.blockSizeFS >= size);
        enum { COUNT = 40 };
        unsigned char *blocks[COUNT];
        for (int i = 0; i < COUNT; i++) {
            blocks[i] = spaces_chunk_alloc_fixed(fixed);
            assert_non_null(blocks[i]);
            assert_int_equal((uintptr_t)blocks[i] % (size <= 4 ? 4 : 8), 0);
            assert_true(spaces_chunk_ptr_size(blocks[i]) >= size);
            memset(blocks[i], i + 1, size);
        }
        for (int i = 0; i < COUNT; i++)
            for (int at = 0; at < size; at++)
                assert_int_equal(blocks[i][at], i + 1);
        for (int i = 0; i < COUNT; i += 2)
            assert_int_equal(spaces_chunk_free_fixed(blocks[i]), 1);
        assert_int_equal(spaces_chunk_count(fixed), COUNT / 2);
        assert_int_equal(spaces_chunk_destroy(fixed), 1);
    }
    assert_int_equal(told.count, 0);
}

static void test_fixed_blocks_have_no_overhead(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* redzones and records */
    static const unsigned short sizes[] = {4, 8, 16, 32, 64};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        SpacesChunk fixed = spaces_chunk_create_fixed(sizes[s], 0, 0);
        size_t count = 4 * 65536u / sizes[s];
        for (size_t i = 0; i < count; i++)
            assert_non_null(spaces_chunk_alloc_fixed(fixed));
        assert_int_equal(spaces_chunk_size(fixed), count * sizes[s]);
        spaces_chunk_destroy(fixed);
    }
}

static void test_fixed_reserve(void **state)
{
    (void)state;
    SpacesChunk fixed = spaces_chunk_create_fixed(48, 10000, 0);
    assert_non_null(fixed);
    size_t size = spaces_chunk_size(fixed);
    assert_true(size >= 48 * 10000);
    assert_int_equal(spaces_chunk_count(fixed), 0);
    for (int i = 0; i < 10000; i++)
        assert_non_null(spaces_chunk_alloc_fixed(fixed));
    assert_int_equal(spaces_chunk_size(fixed), size);
    spaces_chunk_destroy(fixed);
}

static void test_fixed_blocks_are_recycled(void **state)
{
    (void)state;
    SpacesChunk fixed = spaces_chunk_create_fixed(64, 0, 0);
    static void *blocks[20000];
    size_t size = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 20000; i++)
            blocks[i] = spaces_chunk_alloc_fixed(fixed);
        if (round == 0)
            size = spaces_chunk_size(fixed);
        /* The debug build's quarantine holds 8 MB back. */
        assert_true(spaces_chunk_size(fixed) <= size + (is_debug_build() ? (size_t)10 << 20 : 0));
        for (int i = 0; i < 20000; i++)
            spaces_chunk_free_fixed(blocks[i]);
    }
    spaces_chunk_destroy(fixed);
}

static void test_fixed_and_variable_mix(void **state)
{
    (void)state;
    SpacesChunk fixed = spaces_chunk_create_fixed(32, 0, 0);
    void *a = spaces_chunk_alloc_fixed(fixed), *b = spaces_chunk_alloc(fixed, 500, 0);
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(fixed, NULL, &info), 1);
    assert_true(info.type & SPACES_BLOCK_FIXED);
    assert_true(info.type & SPACES_BLOCK_VAR_FIXED);
    assert_int_equal(spaces_chunk_free_fixed(b), 0);
    told_expect(SPACES_ERR_NOT_FIXED_SIZE);
    assert_int_equal(spaces_chunk_free(b), 1);
    assert_int_equal(spaces_chunk_free(a), 1);
    spaces_chunk_destroy(fixed);
}

#define CHUNK_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    CHUNK_TEST(test_alloc_and_free),
    CHUNK_TEST(test_free_serves_chunks_and_malloc_alike),
    CHUNK_TEST(test_small_blocks_are_dense),
    CHUNK_TEST(test_zero_init),
    CHUNK_TEST(test_zero_init_reaches_into_the_slack),
    CHUNK_TEST(test_zero_init_chunk),
    CHUNK_TEST(test_resizing),
    CHUNK_TEST(test_realloc_in_place_refuses_to_move),
    CHUNK_TEST(test_resizeable_blocks_have_room),
    CHUNK_TEST(test_no_grow),
    CHUNK_TEST(test_no_external),
    cmocka_unit_test_setup(test_fixed_sizes, fresh),
    cmocka_unit_test_setup(test_fixed_blocks_have_no_overhead, fresh),
    cmocka_unit_test_setup(test_fixed_reserve, fresh),
    cmocka_unit_test_setup(test_fixed_blocks_are_recycled, fresh),
    cmocka_unit_test_setup(test_fixed_and_variable_mix, fresh),
};

SUITE_MAIN(tests, NULL)
