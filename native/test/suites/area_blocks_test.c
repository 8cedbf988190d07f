/* area_blocks_test.c - blocks of areas: size, place, resizing, misuse; and how the area's
 * pages are counted against ceiling and floor. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
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

/* ---- blocks ----------------------------------------------------------------------- */

static void test_full(void **state)
{
    (void)state;
    static void *blocks[20000];
    int count = 0;
    void *p;
    while ((p = spaces_chunk_alloc(area, 100, 0)))
        blocks[count++] = p;
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    assert_ptr_equal(told.info.chunk, area);
    assert_int_equal(told.info.argSize, 100);
    Report report;
    report_expect_one(&report, "out-of-memory");
    assert_non_null(strstr(report.json, "no free stretch of the chunk's area is long enough"));
    assert_true((size_t)count >= sizeof fixed_place / (is_debug_build() ? 160 : 112) - 1);
    for (int i = 0; i < count; i++)
        assert_int_equal(spaces_chunk_free(blocks[i]), 1);
    told_reset();
    /* All of it is one stretch again. */
    assert_non_null(p = spaces_chunk_alloc(area, sizeof fixed_place - 64, 0));
    assert_null(spaces_chunk_alloc(area, 100, 0));
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    told_reset();
    assert_null(spaces_chunk_alloc(area, sizeof fixed_place + 1, 0));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    spaces_chunk_free(p);
}

static void test_resizing(void **state)
{
    (void)state;
    unsigned char *p = spaces_chunk_alloc(area, 1000, 0);
    memset(p, 7, 1000);
    /* The last block grows over the end of what is in use. */
    assert_ptr_equal(spaces_chunk_realloc(p, 50000, SPACES_FLAG_RESIZE_IN_PLACE), p);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(p[i], 7);
    memset(p, 8, 50000);
    void *next = spaces_chunk_alloc(area, 100, 0);
    told_reset();
    assert_null(spaces_chunk_realloc(p, 60000, SPACES_FLAG_RESIZE_IN_PLACE));
    told_expect(SPACES_ERR_RESIZE_FAILED);
    spaces_chunk_free(next);
    quarantine_let_go();
    told_reset();
    assert_ptr_equal(spaces_chunk_realloc(p, 60000, SPACES_FLAG_RESIZE_IN_PLACE), p);
    next = spaces_chunk_alloc(area, 100, 0);
    unsigned char *moved = spaces_chunk_realloc(p, 90000, 0);
    assert_ptr_not_equal(moved, p);
    assert_true(lies_within(moved, 90000, fixed_place, sizeof fixed_place));
    for (int i = 0; i < 50000; i++)
        assert_int_equal(moved[i], 8);
    assert_null(spaces_chunk_realloc(moved, 500000, 0));
    assert_int_equal(moved[0], 8);
    assert_int_equal(spaces_chunk_count(area), 2);
    told_reset();
    for (size_t size = 80000; size > 100; size /= 2)
        assert_non_null(moved = spaces_chunk_realloc(moved, size, 0));
    assert_int_equal(moved[60], 8);
    assert_int_equal(told.count, 0);
}

static void test_zero_init(void **state)
{
    (void)state;
    static unsigned char place[64 * 1024];
    memset(place, 0xee, sizeof place);
    SpacesChunk zeroed = spaces_chunk_create_area(place, sizeof place, SPACES_CHUNK_ZERO_INIT);
    for (int round = 0; round < 10; round++) {
        unsigned char *p = spaces_chunk_alloc(zeroed, 3000, 0);
        for (int i = 0; i < 3000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, spaces_chunk_ptr_size(p));
        p = spaces_chunk_realloc(p, 9000, 0);
        for (int i = 3008; i < 9000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 9000);
        spaces_chunk_free(p);
    }
    spaces_chunk_destroy(zeroed);
    unsigned char *p = spaces_chunk_alloc(area, 500, SPACES_FLAG_ZERO_INIT);
    for (int i = 0; i < 500; i++)
        assert_int_equal(p[i], 0);
}

static void test_alignment(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 65536; align *= 2) {
        void *p = spaces_chunk_alloc_aligned(area, 100, align, 0);
        assert_int_equal((uintptr_t)p % align, 0);
        assert_true(lies_within(p, 100, fixed_place, sizeof fixed_place));
        void *q = spaces_chunk_realloc_aligned(p, 5000, align, 0);
        assert_int_equal((uintptr_t)q % align, 0);
        assert_int_equal(spaces_chunk_free_aligned(q), 1);
        p = spaces_chunk_alloc_aligned_offset(area, 100, align, 48, 0);
        assert_int_equal(((uintptr_t)p + 48) % align, 0);
        assert_int_equal(spaces_chunk_free_aligned(p), 1);
    }
    assert_int_equal(told.count, 0);
    assert_null(spaces_chunk_alloc_aligned_offset(area, 100, 64, 8, 0));
    told_expect(SPACES_ERR_BAD_ALIGNMENT);
    told_reset();
    assert_null(
        spaces_chunk_alloc_aligned(area, 100, (size_t)1 << 40, 0)); /* no such address there */
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
}

static void test_fixed_blocks(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_block_size(area, 40), 1);
    void *variable = spaces_chunk_alloc(area, 700, 0);
    void *blocks[100];
    for (int i = 0; i < 100; i++) {
        assert_non_null(blocks[i] = spaces_chunk_alloc_fixed(area));
        memset(blocks[i], i, 40);
    }
    SpacesChunkInfo info;
    spaces_chunk_info(area, NULL, &info);
    assert_true(info.blockSizeFS >= 40);
    told_reset();
    assert_int_equal(spaces_chunk_set_block_size(area, 80), 0); /* there are some */
    told_expect(SPACES_ERR_UNSUPPORTED);
    told_reset();
    assert_int_equal(spaces_chunk_free_fixed(variable), 0);
    told_expect(SPACES_ERR_NOT_FIXED_SIZE);
    told_reset();
    for (int i = 0; i < 100; i++) {
        assert_int_equal(((unsigned char *)blocks[i])[39], i);
        assert_int_equal(spaces_chunk_free_fixed(blocks[i]), 1);
    }
    assert_int_equal(spaces_chunk_free(variable), 1);
    assert_int_equal(told.count, 0);
}

/* ---- pages -------------------------------------------------------------------------- */

static void test_ceiling(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(area, 4096);
    assert_int_equal(spaces_chunk_size(area), 0);
    assert_int_equal(spaces_chunk_set_ceiling(area, 64 * KIB), SIZE_MAX);
    uint64_t dice = 5;
    static void *blocks[2000];
    int failures = 0;
    for (int i = 0; i < 20000; i++) {
        size_t at = random_next(&dice) % 2000;
        if (blocks[at])
            assert_int_equal(spaces_chunk_free(blocks[at]), 1);
        blocks[at] = spaces_chunk_alloc(area, random_next(&dice) % 900 + 1, 0);
        failures += !blocks[at];
        assert_true(spaces_chunk_size(area) <= 64 * KIB);
    }
    assert_true(failures > 100);
    assert_int_equal(told.info.errorCode, SPACES_ERR_EXCEEDED_CEILING);
    /* The last page is used, and what is free below the ceiling can be had. */
    assert_int_equal(spaces_chunk_size(area), 64 * KIB);
    for (int i = 0; i < 2000; i++)
        if (blocks[i])
            spaces_chunk_free(blocks[i]);
    memset(blocks, 0, sizeof blocks);
    told_reset();
    assert_non_null(spaces_chunk_alloc(area, 60 * KIB, 0));
    assert_int_equal(told.count, 0);
}

static void test_shrink_floor_and_free_bytes(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(area, 4096);
    spaces_chunk_set_free_bytes(area, 16 * KIB);
    void *low = spaces_chunk_alloc(area, 1000, 0), *high = spaces_chunk_alloc(area, 150 * KIB, 0);
    size_t most = spaces_chunk_size(area);
    assert_true(most >= 150 * KIB && most <= 160 * KIB);
    spaces_chunk_free(high);
    quarantine_let_go();
    assert_int_equal(spaces_chunk_size(area), 4 * KIB + 16 * KIB);
    assert_int_equal(spaces_chunk_shrink(area), 16 * KIB);
    assert_int_equal(spaces_chunk_size(area), 4 * KIB);
    spaces_chunk_set_floor(area, 100 * KIB);
    high = spaces_chunk_alloc(area, 150 * KIB, 0);
    spaces_chunk_free(high);
    quarantine_let_go();
    assert_int_equal(spaces_chunk_size(area), 100 * KIB);
    assert_int_equal(spaces_chunk_shrink(area), 0);
    spaces_chunk_set_floor(area, 0);
    assert_int_equal(spaces_chunk_shrink(area), 96 * KIB);
    spaces_chunk_free(low);
}

static void test_preallocation_and_no_grow(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(area, 4096);
    assert_null(spaces_chunk_alloc(area, 100, SPACES_FLAG_NO_GROW));
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    assert_int_equal(spaces_chunk_preallocate(area, 10000, SPACES_BLOCK_VAR_FIXED), 12 * KIB);
    assert_int_equal(spaces_chunk_size(area), 12 * KIB);
    told_reset();
    int count = 0;
    while (spaces_chunk_alloc(area, 200, SPACES_FLAG_NO_GROW))
        count++;
    assert_in_range(count, 12 * KIB / 300, 12 * KIB / 200);
    assert_int_equal(spaces_chunk_size(area), 12 * KIB);
    told_reset();
    assert_non_null(spaces_chunk_alloc(area, 200, 0));
    assert_int_equal(spaces_chunk_size(area), 16 * KIB);
    assert_int_equal(spaces_chunk_preallocate(area, 1 * MIB, SPACES_BLOCK_VAR_FIXED),
                     SPACES_ERROR_RET);
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    told_reset();
    spaces_chunk_set_ceiling(area, 32 * KIB);
    assert_int_equal(spaces_chunk_preallocate(area, 64 * KIB, SPACES_BLOCK_VAR_FIXED),
                     SPACES_ERROR_RET);
    told_expect(SPACES_ERR_EXCEEDED_CEILING);
}

static void test_page_size(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(area, 32768);
    spaces_chunk_set_page_resizing(area, 1); /* small steps while it is small */
    spaces_chunk_alloc(area, 100, 0);
    assert_int_equal(spaces_chunk_size(area), 4096);
    spaces_chunk_set_page_resizing(area, 0);
    spaces_chunk_alloc(area, 5000, 0);
    assert_int_equal(spaces_chunk_size(area), 32768);
}

static void test_no_small_block_algorithm(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_small_allocator(area, SPACES_SMALL_NONE), 1);
    assert_int_equal(spaces_chunk_set_small_allocator(area, SPACES_SMALL_V5), 0);
    told_expect(SPACES_ERR_UNSUPPORTED);
    assert_ptr_equal(told.info.chunk, area);
}

static long locked_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmLck: %ld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static void test_virtual_lock(void **state)
{
    (void)state;
    char *map = mmap(NULL, 1 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long before = locked_kib();
    SpacesChunk locked = spaces_chunk_create_area(map, 1 * MIB, SPACES_CHUNK_VIRTUAL_LOCK);
    assert_non_null(locked);
    assert_int_equal(locked_kib() - before, 1024);
    spaces_chunk_destroy(locked);
    assert_int_equal(locked_kib(), before);
    munmap(map, 1 * MIB);
}

/* ---- misuse --------------------------------------------------------------------------- */

static void test_bad_frees(void **state)
{
    (void)state;
    unsigned char *p = spaces_chunk_alloc(area, 100, 0), *q = spaces_chunk_alloc(area, 100, 0);
    assert_int_equal(spaces_chunk_free(p + 16), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
    Report report;
    report_expect_one(&report, "invalid-free");
    assert_int_equal(report_address(&report, "address"), (uintptr_t)p);
    assert_int_equal(report_number(&report, "offset"), 16);
    told_reset();
    assert_int_equal(spaces_chunk_free(p), 1);
    assert_int_equal(spaces_chunk_free(p), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
    report_expect_one(&report, "double-free");
    told_reset();
    assert_int_equal(spaces_chunk_free(fixed_place + sizeof fixed_place - 64), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
    report_expect_one(&report, "invalid-free");
    assert_int_equal(spaces_chunk_ptr_check(area, p), SPACES_PTR_FREE);
    assert_int_equal(spaces_chunk_ptr_check(area, q), SPACES_PTR_OK);
    assert_int_equal(spaces_chunk_free(q), 1);
}

static void test_overflow_is_told(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip(); /* no redzones */
    unsigned char *p = spaces_chunk_alloc(area, 100, 0);
    spaces_chunk_alloc(area, 100, 0);
    p[100] = 1;
    spaces_chunk_free(p);
    told_expect(SPACES_ERR_BAD_BLOCK);
    assert_ptr_equal(told.info.corruptAddr, p + 100);
    Report report;
    report_expect_one(&report, "overflow");
    assert_int_equal(report_address(&report, "chunk"), (uintptr_t)area);
}

/* Free memory that was written is told when it is used again, and costs no other block. */
static void test_write_after_free_is_told(void **state)
{
    (void)state;
    unsigned char *p = spaces_chunk_alloc(area, 200, 0), *q = spaces_chunk_alloc(area, 200, 0);
    memset(q, 0x42, 200);
    spaces_chunk_free(p);
    quarantine_let_go();
    told_reset();
    memset(p - (is_debug_build() ? 16 : 0), 0xab, 32);
    void *again = spaces_chunk_alloc(area, 200, 0);
    assert_non_null(again);
    told_expect(SPACES_ERR_BAD_FREE_BLOCK);
    report_expect_one(&(Report){{0}}, "write-after-free");
    for (int i = 0; i < 200; i++)
        assert_int_equal(q[i], 0x42);
    assert_int_equal(spaces_chunk_ptr_check(area, q), SPACES_PTR_OK);
}

#define of_area(test) cmocka_unit_test_setup_teardown(test, with_area, without_area)
#define alone(test)   cmocka_unit_test_setup(test, fresh)

static const struct CMUnitTest tests[] = {
    of_area(test_full),
    of_area(test_resizing),
    of_area(test_zero_init),
    of_area(test_alignment),
    of_area(test_fixed_blocks),
    of_area(test_ceiling),
    of_area(test_shrink_floor_and_free_bytes),
    of_area(test_preallocation_and_no_grow),
    of_area(test_page_size),
    of_area(test_no_small_block_algorithm),
    alone(test_virtual_lock),
    of_area(test_bad_frees),
    of_area(test_overflow_is_told),
    of_area(test_write_after_free_is_told),
};

SUITE_MAIN(tests, NULL)
