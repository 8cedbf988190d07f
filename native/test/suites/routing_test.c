/* routing_test.c - where a chunk's blocks go: the three small-block algorithms, the threshold
 * between them and blocks packed by size, page resizing, and the process's page cache. Each
 * knob is seen by what it changes: addresses, footprint, memory that stays. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define KB   ((size_t)1024)
#define MB   ((size_t)1024 * 1024)
#define MANY 2000

static SpacesChunk chunk;
static char *blocks[MANY];

static int setup(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create(0);
    return chunk ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    if (chunk && spaces_chunk_check(chunk) != 1)
        return -1;
    return !chunk || spaces_chunk_destroy(chunk) == 1 ? 0 : -1;
}

static char *take(size_t size)
{
    char *p = spaces_chunk_alloc(chunk, size, 0);
    assert_non_null(p);
    memset(p, 0x5a, size);
    return p;
}

static void drop(void *p)
{
    assert_int_equal(spaces_chunk_free(p), 1);
}

/* Slabs of this kind that the chunk has. */
static size_t slabs_of_kind(int kind)
{
    size_t found = 0;
    for (const SpHeap *heap = chunk_of(chunk)->heaps; heap; heap = heap->next)
        for (const SpSlab *slab = heap->slabs; slab; slab = slab->all_next)
            found += slab->kind == kind;
    return found;
}

/* A block may be as large as two freed neighbours together. */
static bool neighbours_join(size_t size)
{
    for (int i = 0; i < 64; i++)
        blocks[i] = take(size);
    char *first = blocks[20] < blocks[21] ? blocks[20] : blocks[21];
    drop(blocks[20]);
    drop(blocks[21]);
    quarantine_let_go();
    size_t both = 2 * size;
    bool joined = false;
    char *found[200];
    for (int i = 0; i < 200; i++) {
        found[i] = take(both);
        joined |= found[i] == first;
    }
    for (int i = 0; i < 200; i++)
        drop(found[i]);
    for (int i = 0; i < 64; i++)
        if (i != 20 && i != 21)
            drop(blocks[i]);
    quarantine_let_go();
    return joined;
}

/* ---- algorithms ---------------------------------------------------------------------- */

static void test_none_joins_neighbours(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_NONE), 1);
    assert_true(neighbours_join(96));
    assert_int_equal(slabs_of_kind(SP_SLAB_SMALL), 0);
}

static void test_none_aligns_to_16(void **state)
{
    (void)state;
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_NONE);
    for (size_t size = 1; size < 600; size += 7)
        assert_int_equal((uintptr_t)take(size) % 16, 0);
}

static void test_v3_and_v5_do_not_join(void **state)
{
    (void)state;
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_V3);
    assert_false(neighbours_join(96));
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_V5);
    assert_false(neighbours_join(96));
}

/* V3 puts blocks of all sizes in the order of their allocation; V5 sorts them by size. */
static bool is_in_order(void)
{
    bool in_order = true;
    char *last = NULL;
    for (int i = 0; i < 30; i++) {
        char *p = take((size_t)(20 + i % 5 * 30));
        in_order &= !last || (p > last && p - last <= 256);
        last = p;
    }
    return in_order;
}

static void test_v3_mixes_sizes_in_a_page(void **state)
{
    (void)state;
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_V3);
    assert_true(is_in_order());
    assert_int_equal(slabs_of_kind(SP_SLAB_MIXED), 1);
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_V5);
    assert_false(is_in_order());
    assert_true(slabs_of_kind(SP_SLAB_SMALL) >= 4);
}

static void test_v3_recycles_its_size_only(void **state)
{
    (void)state;
    spaces_chunk_set_small_allocator(chunk, SPACES_SMALL_V3);
    char *kept = take(8), *p = take(100);
    drop(p);
    quarantine_let_go();
    assert_ptr_not_equal(take(40), p);
    assert_ptr_not_equal(take(180), p);
    assert_ptr_equal(take(100), p);
    drop(kept);
}

/* All three live side by side: what exists stays as it is and is freed as it was made. */
static void test_algorithms_take_turns(void **state)
{
    (void)state;
    static const SpacesSmallAllocator turns[] = {SPACES_SMALL_V5, SPACES_SMALL_V3,
                                                 SPACES_SMALL_NONE};
    uint64_t dice = 7;
    size_t sizes[MANY];
    memset(blocks, 0, sizeof blocks);
    for (int step = 0; step < 20000; step++) {
        if (step % 500 == 0)
            assert_int_equal(spaces_chunk_set_small_allocator(chunk, turns[step / 500 % 3]), 1);
        size_t i = random_next(&dice) % MANY;
        if (blocks[i]) {
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal((unsigned char)blocks[i][at], (unsigned char)i);
            drop(blocks[i]);
            blocks[i] = NULL;
        } else {
            sizes[i] = random_next(&dice) % 400 + 1;
            blocks[i] = memset(take(sizes[i]), (int)i, sizes[i]);
        }
    }
    size_t live = 0;
    for (int i = 0; i < MANY; i++)
        live += blocks[i] != NULL;
    assert_int_equal(spaces_chunk_count(chunk), live);
    assert_int_equal(spaces_chunk_check(chunk), 1);
    for (int i = 0; i < MANY; i++)
        if (blocks[i])
            drop(blocks[i]);
    assert_int_equal(spaces_chunk_count(chunk), 0);
    report_expect_none();
}

static void test_no_such_algorithm(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_small_allocator(chunk, (SpacesSmallAllocator)4), 0);
    told_expect(SPACES_ERR_BAD_FLAGS);
    assert_int_equal(chunk_of(chunk)->small_allocator, SPACES_SMALL_V5);
    reports_drop();
}

static void test_default_chunk_may_choose(void **state)
{
    (void)state;
    SpacesChunk own = spaces_default_chunk;
    assert_int_equal(spaces_chunk_set_small_allocator(own, SPACES_SMALL_NONE), 1);
    size_t packed = 0;
    for (int i = 0; i < MANY; i++) {
        blocks[i] = malloc(1000);
        memset(blocks[i], i, 1000);
    }
    SpacesChunk before = chunk;
    chunk = own;
    packed = slabs_of_kind(SP_SLAB_MIXED);
    chunk = before;
    assert_int_equal(spaces_chunk_set_small_allocator(own, SPACES_SMALL_V5), 1);
    assert_true(packed > 20);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(blocks[i][999], (char)i);
        free(blocks[i]);
    }
    assert_int_equal(spaces_chunk_check(own), 1);
}

/* ---- the threshold -------------------------------------------------------------------- */

static void test_threshold(void **state)
{
    (void)state;
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(chunk, NULL, &info), 1);
    assert_int_equal(info.smallBlockSize, 256);
    take(255);
    assert_int_equal(slabs_of_kind(SP_SLAB_SMALL), 1);
    assert_int_equal(slabs_of_kind(SP_SLAB_MIXED), 0);
    take(256);
    assert_int_equal(slabs_of_kind(SP_SLAB_MIXED), 1);
    assert_int_equal(spaces_chunk_set_small_block_size(chunk, 1025), 1);
    take(1024);
    assert_int_equal(slabs_of_kind(SP_SLAB_SMALL), 2);
    assert_int_equal(slabs_of_kind(SP_SLAB_MIXED), 1);
    assert_int_equal(spaces_chunk_info(chunk, NULL, &info), 1);
    assert_int_equal(info.smallBlockSize, 1025);
}

static void test_threshold_of_zero(void **state)
{
    (void)state;
    take(24);
    assert_int_equal(slabs_of_kind(SP_SLAB_SMALL), 1);
    assert_int_equal(spaces_chunk_set_small_block_size(chunk, 0), 1);
    take(24); /* the slab that was open is not used any more */
    assert_int_equal(slabs_of_kind(SP_SLAB_MIXED), 1);
    assert_int_equal(spaces_chunk_set_block_size(chunk, 24), 1); /* fixed blocks are as ever */
    assert_non_null(spaces_chunk_alloc_fixed(chunk));
    assert_int_equal(slabs_of_kind(SP_SLAB_SMALL), 2);
}

/* Memory of freed small blocks serves their size alone; packed, it serves all. */
static size_t footprint_of_two_sizes(unsigned short threshold)
{
    SpacesChunk one = spaces_chunk_create(0);
    spaces_chunk_set_small_block_size(one, threshold);
    spaces_chunk_set_free_bytes(one, 0);
    for (int i = 0; i < MANY; i++) {
        assert_non_null(spaces_chunk_alloc(one, 500, 0));
        if (i % 10)
            blocks[i] = spaces_chunk_alloc(one, 500, 0);
    }
    for (int i = 0; i < MANY; i++)
        if (i % 10)
            spaces_chunk_free(blocks[i]);
    quarantine_let_go();
    for (int i = 0; i < MANY; i++)
        assert_non_null(spaces_chunk_alloc(one, 300, 0));
    size_t size = spaces_chunk_size(one);
    assert_int_equal(spaces_chunk_destroy(one), 1);
    return size;
}

static void test_threshold_changes_what_is_retained(void **state)
{
    (void)state;
    size_t classes = footprint_of_two_sizes(600), packed = footprint_of_two_sizes(0);
    assert_true(packed < classes * 85 / 100);
}

/* ---- resizing where a block stands ----------------------------------------------------- */

static void test_packed_blocks_resize_in_place(void **state)
{
    (void)state;
    char *p = take(2000), *last = take(300);
    drop(last);
    quarantine_let_go();
    assert_ptr_equal(spaces_chunk_realloc(p, 6000, SPACES_FLAG_RESIZE_IN_PLACE), p);
    assert_true(spaces_chunk_ptr_size(p) >= 6000);
    memset(p, 1, 6000);
    assert_ptr_equal(spaces_chunk_realloc(p, 3500, SPACES_FLAG_RESIZE_IN_PLACE), p);
    char *q = take(400);
    assert_true(q >= p + 3500);
    assert_null(spaces_chunk_realloc(p, 60000, SPACES_FLAG_RESIZE_IN_PLACE));
    told_expect(SPACES_ERR_RESIZE_FAILED);
    reports_drop();
    for (int i = 0; i < 3500; i++)
        assert_int_equal(p[i], 1);
}

static void test_grown_bytes_are_zero(void **state)
{
    (void)state;
    SpacesChunk zeroed = spaces_chunk_create(SPACES_CHUNK_ZERO_INIT);
    uint64_t dice = 3;
    for (int round = 0; round < 200; round++) {
        size_t size = random_next(&dice) % 3000 + 1, more = size + random_next(&dice) % 3000;
        char *dirty = spaces_chunk_alloc(zeroed, 5000, 0), *p = spaces_chunk_alloc(zeroed, size, 0);
        memset(dirty, 0x77, 5000);
        spaces_chunk_free(dirty);
        memset(p, 0x66, size);
        p = spaces_chunk_realloc(p, more, 0);
        size_t usable = spaces_chunk_ptr_size(p);
        assert_true(usable >= more);
        for (size_t i = 0; i < more; i++)
            assert_int_equal(p[i], i < size ? 0x66 : 0);
        spaces_chunk_free(p);
    }
    assert_int_equal(spaces_chunk_destroy(zeroed), 1);
}

/* ---- alignment -------------------------------------------------------------------------- */

static void test_packed_blocks_align(void **state)
{
    (void)state;
    for (size_t align = 16; align <= 32768; align *= 2)
        for (size_t offset = 0; offset < 2 * align && offset < 300; offset += 16) {
            char *p = spaces_chunk_alloc_aligned_offset(chunk, 700, align, offset, 0);
            assert_non_null(p);
            assert_int_equal(((uintptr_t)p + offset) % align, 0);
            memset(p, 3, 700);
            if (offset % 32)
                assert_int_equal(spaces_chunk_free_aligned(p), 1);
        }
    report_expect_none();
}

/* Whatever algorithm small blocks are under. */
static void test_small_blocks_align(void **state)
{
    (void)state;
    static const SpacesSmallAllocator turns[] = {SPACES_SMALL_V5, SPACES_SMALL_V3,
                                                 SPACES_SMALL_NONE};
    for (int turn = 0; turn < 3; turn++) {
        spaces_chunk_set_small_allocator(chunk, turns[turn]);
        for (size_t size = 1; size < 250; size += 3)
            for (size_t align = 1; align <= 64; align *= 2)
                assert_int_equal(
                    (uintptr_t)spaces_chunk_alloc_aligned(chunk, size, align, 0) % align, 0);
    }
}

/* ---- pages --------------------------------------------------------------------------------- */

static void test_page_resizing(void **state)
{
    (void)state;
    take(40);
    assert_int_equal(spaces_chunk_size(chunk), 64 * KB);
    SpacesChunk small = spaces_chunk_create(0);
    assert_int_equal(spaces_chunk_set_page_resizing(small, 1), 1);
    assert_non_null(spaces_chunk_alloc(small, 40, 0));
    assert_int_equal(spaces_chunk_size(small), 4 * KB);
    /* A large chunk's pages are of full size. */
    for (int i = 0; i < 40000; i++)
        assert_non_null(spaces_chunk_alloc(small, 100, 0));
    size_t before = spaces_chunk_size(small), after = before;
    for (int i = 0; i < 40000 && after == before; i++) {
        assert_non_null(spaces_chunk_alloc(small, 100, 0));
        after = spaces_chunk_size(small);
    }
    assert_int_equal(after - before, 64 * KB);
    assert_int_equal(spaces_chunk_set_page_resizing(small, 0), 1);
    assert_int_equal(spaces_chunk_destroy(small), 1);
}

/* ---- the page cache ---------------------------------------------------------------------------
 */

/* Pages of what were blocks of one slab each that are in memory. */
static size_t resident_after_free(void)
{
    enum { COUNT = 64 };
    static char *large[COUNT];
    SpacesChunk one = spaces_chunk_create(0);
    for (int i = 0; i < COUNT; i++) {
        large[i] = spaces_chunk_alloc(one, 128 * KB, 0);
        assert_non_null(large[i]);
        memset(large[i], 1, 128 * KB);
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(spaces_chunk_free(large[i]), 1);
    quarantine_let_go();
    assert_int_equal(spaces_chunk_destroy(one), 1);
    size_t resident = 0;
    for (int i = 0; i < COUNT; i++) {
        unsigned char pages[32];
        void *start = (void *)((uintptr_t)large[i] & ~(uintptr_t)65535);
        if (mincore(start, 128 * KB, pages) == 0)
            for (int k = 0; k < 32; k++)
                resident += pages[k] & 1;
    }
    return resident;
}

static void test_page_cache(void **state)
{
    (void)state;
    /* In the debug build a block of 128 KiB takes three pages of 64 KiB. */
    int multiple = is_debug_build() ? 3 : 2;
    assert_int_equal(spaces_process_set_page_cache_size(multiple, SIZE_MAX), SIZE_MAX);
    size_t all = resident_after_free();
    assert_int_equal(spaces_process_set_page_cache_size(multiple, MB), SIZE_MAX);
    size_t some = resident_after_free();
    assert_int_equal(spaces_process_set_page_cache_size(multiple, 0), MB);
    size_t none = resident_after_free();
    assert_int_equal(spaces_process_set_page_cache_size(multiple, SIZE_MAX), 0);
    /* The debug build gives most of a freed block's pages back at once. */
    assert_true(all >= 64 * (is_debug_build() ? 16 : 32));
    assert_true(some <= MB / 4096 && some >= MB / 4096 / (is_debug_build() ? 5 : 2));
    assert_int_equal(none, 0);
    assert_int_equal(spaces_process_set_page_cache_size(0, 4 * MB), SIZE_MAX);
    assert_int_equal(spaces_process_set_page_cache_size(63, SIZE_MAX), 4 * MB);
    assert_int_equal(spaces_process_set_page_cache_size(0, SIZE_MAX), 4 * MB);
}

static void test_page_cache_of_no_multiple(void **state)
{
    (void)state;
    assert_int_equal(spaces_process_set_page_cache_size(64, 0), SPACES_ERROR_RET);
    told_expect(SPACES_ERR_BAD_FLAGS);
    assert_int_equal(spaces_process_set_page_cache_size(-1, 0), SPACES_ERROR_RET);
    reports_drop();
}

/* ---- misuse of packed blocks -------------------------------------------------------------- */

static void test_double_free_is_told(void **state)
{
    (void)state;
    Report report;
    static const size_t sizes[] = {300, 5000, 20000};
    for (int i = 0; i < 3; i++) {
        char *p = take(sizes[i]), *q = take(sizes[i]);
        drop(p);
        told_reset();
        reports_drop();
        assert_int_equal(spaces_chunk_free(opaque(p)), 0);
        told_expect(SPACES_ERR_BAD_POINTER);
        report_expect_one(&report, "double-free");
        told_reset();
        assert_int_equal(spaces_chunk_free(opaque(q + 16)), 0);
        told_expect(SPACES_ERR_BAD_POINTER);
        report_expect_one(&report, "invalid-free");
        assert_int_equal(spaces_chunk_ptr_check(chunk, q), SPACES_PTR_OK);
        assert_int_equal(spaces_chunk_ptr_check(chunk, q + 8), SPACES_PTR_WILD);
        drop(q);
    }
    told_reset();
}

static void test_write_after_free_is_told(void **state)
{
    (void)state;
    char *p = take(400), *stays = take(400);
    drop(p);
    quarantine_let_go();
    told_reset();
    reports_drop();
    for (int i = 0; i < 12; i++)
        ((volatile char *)p)[i] = 'x'; /* no call of libc, which would be told at once */
    for (int i = 0; i < 300 && !told.count; i++)
        assert_non_null(spaces_chunk_alloc(chunk, 400, 0));
    told_expect(SPACES_ERR_BAD_FREE_BLOCK);
    Report report;
    report_expect_one(&report, "write-after-free");
    drop(stays);
    told_reset();
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(test_none_joins_neighbours),
    TEST(test_none_aligns_to_16),
    TEST(test_v3_and_v5_do_not_join),
    TEST(test_v3_mixes_sizes_in_a_page),
    TEST(test_v3_recycles_its_size_only),
    TEST(test_algorithms_take_turns),
    TEST(test_no_such_algorithm),
    TEST(test_default_chunk_may_choose),
    TEST(test_threshold),
    TEST(test_threshold_of_zero),
    TEST(test_threshold_changes_what_is_retained),
    TEST(test_packed_blocks_resize_in_place),
    TEST(test_grown_bytes_are_zero),
    TEST(test_packed_blocks_align),
    TEST(test_small_blocks_align),
    TEST(test_page_resizing),
    TEST(test_page_cache),
    TEST(test_page_cache_of_no_multiple),
    TEST(test_double_free_is_told),
    TEST(test_write_after_free_is_told),
};

SUITE_MAIN(tests, NULL)
