/* malloc_test.c - the malloc family: sizes, alignment, contents, errno, and what
 * it does with requests that cannot be met. */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);

static void assert_aligned(const void *p, size_t alignment)
{
    if ((uintptr_t)p % alignment)
        fail_msg("%p is not a multiple of %zu", p, alignment);
}

/* Every size of 0 to 200,000, in steps that meet each class from both sides. */
static size_t next_size(size_t size)
{
    return size < 4200 ? size + 1 : size < 20000 ? size + 7 : size + 61;
}

static void test_sizes_and_alignment(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 200000; size = next_size(size)) {
        unsigned char *p = malloc(size);
        assert_non_null(p);
        assert_aligned(p, size >= 16 ? 16 : 8);
        size_t usable = malloc_usable_size(p);
        assert_true(usable >= size);
        memset(p, 0x5a, usable);
        free(p);
    }
    assert_int_equal(told.count, 0);
}

static void test_rounding_is_bounded(void **state)
{
    (void)state;
    if (is_debug_build()) {
        void *p = malloc(1001);
        assert_int_equal(malloc_usable_size(p), 1001); /* what is behind is a redzone */
        free(p);
        return;
    }
    for (size_t size = 64; size <= 65536; size += 24) {
        void *p = malloc(size);
        assert_true(malloc_usable_size(p) <= size + size / 4 + 16);
        free(p);
    }
}

static void test_blocks_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = random_next(&random) % (i % 50 ? 600 : 90000);
        blocks[i] = malloc(sizes[i]);
        memset(blocks[i], i & 0xff, sizes[i]);
    }
    for (int i = 0; i < COUNT; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(blocks[i][at], i & 0xff);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
}

static void test_malloc_zero_is_unique(void **state)
{
    (void)state;
    void *blocks[200];
    for (int i = 0; i < 200; i++) {
        blocks[i] = i % 2 ? malloc(opaque_size(0)) : calloc(0, 8);
        assert_non_null(blocks[i]);
        for (int j = 0; j < i; j++)
            assert_ptr_not_equal(blocks[i], blocks[j]);
    }
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    assert_int_equal(told.count, 0);
}

static void test_calloc_zeroes_recycled_bytes(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 300000; size = size * 3 / 2 + 1) {
        void *dirty[8];
        for (int i = 0; i < 8; i++)
            memset(dirty[i] = malloc(size), 0xee, size);
        for (int i = 0; i < 8; i++)
            free(dirty[i]);
        for (int i = 0; i < 8; i++) {
            unsigned char *p = dirty[i] = calloc(1, size);
            for (size_t at = 0; at < size; at++)
                if (p[at])
                    fail_msg("byte %zu of %zu is not zero", at, size);
        }
        for (int i = 0; i < 8; i++)
            free(dirty[i]);
    }
}

static void test_overflowing_products(void **state)
{
    (void)state;
    static const size_t counts[][2] = {{SIZE_MAX, 2},
                                       {SIZE_MAX / 2 + 1, 2},
                                       {(size_t)1 << 33, (size_t)1 << 33},
                                       {3, SIZE_MAX / 2}};
    void *kept = malloc(10);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        errno = 0;
        assert_null(calloc(opaque_size(counts[i][0]), opaque_size(counts[i][1])));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_null(
            reallocarray(opaque(kept), opaque_size(counts[i][0]), opaque_size(counts[i][1])));
        assert_int_equal(errno, ENOMEM);
    }
    free(opaque(kept)); /* reallocarray left it alone */
    assert_int_equal(told.count, 0);
    report_expect_none();
}

static void test_realloc_keeps_contents(void **state)
{
    (void)state;
    uint64_t random = 4711;
    for (int round = 0; round < 400; round++) {
        size_t size = random_next(&random) % (round % 20 ? 5000 : 400000) + 1;
        unsigned char *p = malloc(size);
        for (size_t i = 0; i < size; i++)
            p[i] = (unsigned char)(i * 7 + size);
        size_t other = random_next(&random) % (round % 15 ? 5000 : 400000) + 1;
        p = realloc(p, other);
        assert_non_null(p);
        assert_aligned(p, other >= 16 ? 16 : 8);
        assert_true(malloc_usable_size(p) >= other);
        for (size_t i = 0; i < size && i < other; i++)
            assert_int_equal(p[i], (unsigned char)(i * 7 + size));
        free(p);
    }
}

static void test_realloc_grows_step_by_step(void **state)
{
    (void)state;
    unsigned char *p = NULL;
    for (size_t size = 1; size < 300000; size += size / 5 + 1) {
        p = realloc(p, size);
        p[size - 1] = (unsigned char)size;
        if (size > 1)
            assert_int_equal(p[0], 1);
    }
    free(p);
}

static void test_realloc_null_and_zero(void **state)
{
    (void)state;
    void *p = realloc(NULL, 100);
    assert_non_null(p);
    size_t before = spaces_chunk_count(spaces_default_chunk);
    assert_null(realloc(p, opaque_size(0)));
    assert_int_equal(spaces_chunk_count(spaces_default_chunk), before - 1);
    assert_int_equal(spaces_chunk_ptr_check(NULL, p), SPACES_PTR_FREE);
    assert_int_equal(told.count, 0);
}

static void test_failed_realloc_keeps_the_block(void **state)
{
    (void)state;
    char *p = malloc(20);
    strcpy(p, "still here");
    errno = 0;
    char *moved = realloc(p, opaque_size((size_t)1 << 62));
    assert_null(moved);
    assert_int_equal(errno, ENOMEM);
    assert_string_equal(opaque(p), "still here");
    free(opaque(p));
}

static void test_memalign(void **state)
{
    (void)state;
    for (size_t alignment = 1; alignment <= (size_t)64 << 20; alignment *= 2)
        for (size_t size = 0; size <= 100000; size = size * 5 + 3) {
            unsigned char *p = memalign(alignment, size);
            assert_non_null(p);
            assert_aligned(p, alignment);
            assert_true(malloc_usable_size(p) >= size);
            memset(p, 0x77, size);
            free(p);
            if (posix_memalign((void **)&p, alignment < 8 ? 8 : alignment, size))
                fail();
            assert_aligned(p, alignment);
            free(p);
        }
    assert_int_equal(told.count, 0);
}

static void test_aligned_blocks_are_given_back(void **state)
{
    (void)state;
    quarantine_let_go();
    size_t before = spaces_chunk_size(spaces_default_chunk);
    for (int i = 0; i < 50; i++)
        free(memalign((size_t)1 << (20 + i % 5), 100000));
    quarantine_let_go();
    assert_true(spaces_chunk_size(spaces_default_chunk) <= before + (1 << 20));
}

static void test_realloc_of_aligned_block(void **state)
{
    (void)state;
    char *p = memalign(4096, 5000);
    memset(p, 'x', 5000);
    p = realloc(p, 50000);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(p[i], 'x');
    free(p);
}

static void test_bad_alignments(void **state)
{
    (void)state;
    static const size_t bad[] = {0, 1, 3, 4, 7, 12, 24, 100, 4095, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        void *p = &p;
        errno = 77;
        assert_int_equal(posix_memalign(&p, opaque_size(bad[i]), 10), EINVAL);
        assert_int_equal(errno, 77); /* told by its value alone */
        assert_ptr_equal(p, &p);     /* and *out is left */
    }
    errno = 0;
    assert_null(aligned_alloc(opaque_size(24), 48));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(memalign(opaque_size(3), 48));
    assert_int_equal(errno, EINVAL);
}

static void test_page_aligned(void **state)
{
    (void)state;
    void *p = valloc(10), *q = pvalloc(10);
    assert_aligned(p, 4096);
    assert_aligned(q, 4096);
    assert_true(malloc_usable_size(q) >= 4096);
    free(p);
    free(q);
}

static void test_impossible_requests(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, (size_t)1 << 48,
                                   ((size_t)1 << 47) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        errno = 0;
        assert_null(malloc(opaque_size(sizes[i])));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_null(calloc(1, opaque_size(sizes[i])));
        assert_int_equal(errno, ENOMEM);
        errno = 0;
        assert_null(memalign(64, opaque_size(sizes[i])));
        assert_int_equal(errno, ENOMEM);
        void *p = &p;
        errno = 5;
        assert_int_equal(posix_memalign(&p, 64, opaque_size(sizes[i])), ENOMEM);
        assert_int_equal(errno, 5);
    }
    /* Probing for a limit is no error. */
    assert_int_equal(told.count, 0);
    report_expect_none();
}

/* A kernel that counts refuses at once what no machine has; else the program is killed later. */
static void test_more_than_the_machine_has(void **state)
{
    (void)state;
    FILE *policy = fopen("/proc/sys/vm/overcommit_memory", "r");
    assert_non_null(policy);
    int always = fgetc(policy) == '1';
    fclose(policy);
    if (always)
        skip();
    errno = 0;
    assert_null(malloc(opaque_size((size_t)1 << 45)));
    assert_int_equal(errno, ENOMEM);
    told_expect(SPACES_ERR_OUT_OF_MEMORY);
    Report report;
    report_expect_one(&report, "out-of-memory");
}

static void test_errno_is_kept(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    void *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        errno = 1234;
        blocks[i] = i % 3 == 0   ? malloc((size_t)i * 900)
                    : i % 3 == 1 ? calloc(1, (size_t)i * 30)
                                 : memalign(256, (size_t)i);
        assert_int_equal(errno, 1234);
        blocks[i] = realloc(blocks[i], (size_t)i * 40 + 1);
        assert_int_equal(errno, 1234);
    }
    for (int i = 0; i < COUNT; i++) {
        errno = 4321;
        free(blocks[i]);
        assert_int_equal(errno, 4321);
    }
    errno = 99;
    free(NULL);
    assert_int_equal(errno, 99);
}

static void test_sized_free(void **state)
{
    (void)state;
    free_sized(malloc(100), 100);
    free_aligned_sized(memalign(64, 128), 64, 128);
    assert_int_equal(told.count, 0);
}

static void test_usable_size_of_nothing(void **state)
{
    (void)state;
    int local = 0;
    assert_int_equal(malloc_usable_size(NULL), 0);
    assert_int_equal(malloc_usable_size(opaque(&local)), 0);
}

static void test_large_blocks_go_back(void **state)
{
    (void)state;
    size_t total = 0;
    for (int i = 0; i < 200; i++) {
        if (i % 20 == 0)
            quarantine_let_go();
        char *p = malloc((size_t)48 << 20);
        assert_non_null(p);
        p[0] = p[((size_t)48 << 20) - 1] = 1;
        free(p);
        SpacesProcessInfo info;
        assert_true(spaces_process_info(&info));
        if (i == 19)
            total = info.heapTotal;
        if (i > 19)
            assert_true(info.heapTotal <= total);
    }
}

static void test_information(void **state)
{
    (void)state;
    struct mallinfo2 before = mallinfo2();
    void *p = malloc((size_t)3 << 20);
    struct mallinfo2 after = mallinfo2();
    assert_true(after.hblks == before.hblks + 1);
    assert_true(after.hblkhd >= before.hblkhd + ((size_t)3 << 20));
    free(p);
    assert_int_equal(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
    malloc_trim(0);
    SpacesProcessInfo info;
    spaces_process_info(&info);
    assert_true(info.heapTotal > 0);
    assert_int_equal(spaces_malloc_linked, 1);
    assert_int_equal(SPACES_MAJOR_VERSION(spaces_version()), SPACES_VERSION_MAJOR);
}

static void test_own_names(void **state)
{
    (void)state;
    char *p = spaces_malloc(100);
    assert_int_equal(spaces_chunk_ptr_check(spaces_default_chunk, p), SPACES_PTR_OK);
    memset(p, 1, 100);
    p = spaces_realloc(p, 1000);
    assert_int_equal(p[99], 1);
    free(p);
    p = spaces_calloc(10, 10);
    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    assert_true(spaces_usable_size(p) >= 100);
    spaces_free(p);
    p = spaces_memalign(1024, 10);
    assert_aligned(p, 1024);
    spaces_free(p);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_sizes_and_alignment, fresh),
    cmocka_unit_test_setup(test_rounding_is_bounded, fresh),
    cmocka_unit_test_setup(test_blocks_do_not_overlap, fresh),
    cmocka_unit_test_setup(test_malloc_zero_is_unique, fresh),
    cmocka_unit_test_setup(test_calloc_zeroes_recycled_bytes, fresh),
    cmocka_unit_test_setup(test_overflowing_products, fresh),
    cmocka_unit_test_setup(test_realloc_keeps_contents, fresh),
    cmocka_unit_test_setup(test_realloc_grows_step_by_step, fresh),
    cmocka_unit_test_setup(test_realloc_null_and_zero, fresh),
    cmocka_unit_test_setup(test_failed_realloc_keeps_the_block, fresh),
    cmocka_unit_test_setup(test_memalign, fresh),
    cmocka_unit_test_setup(test_aligned_blocks_are_given_back, fresh),
    cmocka_unit_test_setup(test_realloc_of_aligned_block, fresh),
    cmocka_unit_test_setup(test_bad_alignments, fresh),
    cmocka_unit_test_setup(test_page_aligned, fresh),
    cmocka_unit_test_setup(test_impossible_requests, fresh),
    cmocka_unit_test_setup(test_more_than_the_machine_has, fresh),
    cmocka_unit_test_setup(test_errno_is_kept, fresh),
    cmocka_unit_test_setup(test_sized_free, fresh),
    cmocka_unit_test_setup(test_usable_size_of_nothing, fresh),
    cmocka_unit_test_setup(test_large_blocks_go_back, fresh),
    cmocka_unit_test_setup(test_information, fresh),
    cmocka_unit_test_setup(test_own_names, fresh),
};

SUITE_MAIN(tests, NULL)
