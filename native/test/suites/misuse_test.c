/* misuse_test.c - frees that are wrong, of every kind: one misuse, one report, with the
 * block, its size and stacks that name the functions; and the correct twins, of which nothing
 * is told. In the fast build what it promises: double and foreign frees are noticed and nothing
 * breaks. */
#define _GNU_SOURCE
#include "sources.h"

/* ---- double free ---------------------------------------------------------------- */

static void test_double_free(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        told_reset();
        char *p = allocates(source);
        releases(source, p);
        report_expect_none();
        releases_again(source, p);
        Report report;
        report_expect_one(&report, "double-free");
        expect_block(&report, source, p);
        assert_shows(&report, "freed", "releases");
        assert_shows(&report, "detected", "releases_again");
        assert_false(report_shows(&report, "detected", "releases"));
        told_expect(SPACES_ERR_BAD_POINTER);
        assert_ptr_equal(told.info.errorAlloc, p);
        assert_ptr_equal(told.info.argPtr, p);
        assert_int_equal(told.info.allocCount, report_number(&report, "sequence"));
        assert_non_null(told.info.objectCreationInfo);
        assert_int_equal((uintptr_t)told.creation.callStack[0] != 0, 1);
        assert_true(told.info.passCount >= 1);
        assert_true(told.info.checkpoint >= 1);
    }
}

static void test_double_free_of_fast_build(void **state)
{
    (void)state;
    void *keep[64];
    for (int i = 0; i < 64; i++)
        keep[i] = malloc(40);
    for (int round = 0; round < 20; round++) {
        told_reset();
        void *p = malloc(40);
        free(p);
        free(opaque(p));
        told_expect(SPACES_ERR_BAD_POINTER);
        Report report;
        report_expect_one(&report, "double-free");
        assert_int_equal(report_address(&report, "address"), (uintptr_t)p);
    }
    /* The heap is as it was: no block is handed out twice. */
    void *blocks[500];
    for (int i = 0; i < 500; i++)
        blocks[i] = memset(malloc(40), i & 0xff, 40);
    for (int i = 0; i < 500; i++)
        assert_int_equal(*(unsigned char *)blocks[i], i & 0xff);
    for (int i = 0; i < 500; i++)
        free(blocks[i]);
    for (int i = 0; i < 64; i++)
        free(keep[i]);
    report_expect_none();
}

/* ---- invalid free ---------------------------------------------------------------- */

static int global[64];

VISIBLE void frees_what_is_no_block(void *p)
{
    free(opaque(p));
    STAY();
}

static void test_invalid_free(void **state)
{
    (void)state;
    int local[64];
    static const uintptr_t garbage[] = {0xdeadbeefdeadbeef,
                                        1,
                                        8,
                                        0xfff,
                                        0x7fffffffffff,
                                        UINTPTR_MAX,
                                        UINTPTR_MAX - 15,
                                        (uintptr_t)1 << 47,
                                        0x123456789abc};
    void *bad[4 + sizeof garbage / sizeof garbage[0]] = {local, global, &recorder, (void *)"text"};
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++)
        bad[4 + i] = (void *)garbage[i];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        told_reset();
        frees_what_is_no_block(bad[i]);
        Report report;
        report_expect_one(&report, "invalid-free");
        assert_int_equal(report_address(&report, "address"), (uintptr_t)bad[i]);
        assert_shows(&report, "detected", "frees_what_is_no_block");
        told_expect(SPACES_ERR_BAD_POINTER);
        assert_ptr_equal(told.info.argPtr, bad[i]);
    }
}

static void test_free_inside_a_block(void **state)
{
    (void)state;
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        if (!is_debug_build() && source->drop != chunk_drop)
            continue; /* the fast build's free believes that a pointer into a slab is a block's */
        char *p = allocates(source);
        for (size_t offset = 8; offset < source->size; offset += source->size / 3 + 1) {
            told_reset();
            releases(source, p + offset);
            Report report;
            report_expect_one(&report, "invalid-free");
            assert_int_equal(report_address(&report, "address"), (uintptr_t)p);
            assert_int_equal(report_number(&report, "offset"), offset);
            if (is_debug_build())
                expect_block(&report, source, p);
            told_expect(SPACES_ERR_BAD_POINTER);
            assert_ptr_equal(told.info.argPtr, p + offset);
        }
        releases(source, p);
        report_expect_none();
    }
}

static void test_free_of_own_insides(void **state)
{
    (void)state;
    void *bad[] = {variable, (void *)(uintptr_t)spaces_heap_root.segments,
                   (void *)(uintptr_t)spaces_heap_root.chunks, &spaces_heap_root,
                   (void *)(((uintptr_t)malloc(8) & ~(SP_SEGMENT_SIZE - 1)) + 64)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        told_reset();
        frees_what_is_no_block(bad[i]);
        told_expect(SPACES_ERR_BAD_POINTER);
    }
    assert_int_equal(spaces_chunk_check(variable), 1);
}

/* ---- mismatched free --------------------------------------------------------------------- */

typedef struct Pair {
    const char *name;
    void *(*make)(size_t);
    void (*drop)(void *);
    bool wrong;
} Pair;

static void test_mismatched_free(void **state)
{
    (void)state;
    DEBUG_ONLY();
    static const Pair pairs[] = {
        {"malloc, delete", from_malloc, cxx_delete, true},
        {"malloc, delete[]", from_malloc, cxx_delete_array, true},
        {"malloc, aligned delete", from_malloc, cxx_delete_aligned, true},
        {"new, free", cxx_new, free, true},
        {"new, delete[]", cxx_new, cxx_delete_array, true},
        {"new[], free", cxx_new_array, free, true},
        {"new[], delete", cxx_new_array, cxx_delete, true},
        {"chunk, delete", from_chunk, cxx_delete, true},
        {"new, spaces_chunk_free", cxx_new, chunk_drop, true},
        {"new, delete", cxx_new, cxx_delete, false},
        {"nothrow new, delete", cxx_new_nothrow, cxx_delete, false},
        {"new[], delete[]", cxx_new_array, cxx_delete_array, false},
        {"aligned new, aligned delete", cxx_new_aligned, cxx_delete_aligned, false},
        {"malloc, free", from_malloc, free, false},
        {"malloc, spaces_chunk_free", from_malloc, chunk_drop, false},
        {"chunk, free", from_chunk, free, false},
        {"chunk, spaces_chunk_free", from_chunk, chunk_drop, false},
    };
    static const size_t sizes[] = {30, 200000};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (int big = 0; big < 2; big++) {
            Source source = {pairs[i].name, sizes[big], pairs[i].make, pairs[i].drop};
            told_reset();
            void *p = allocates(&source);
            releases(&source, p);
            if (!pairs[i].wrong) {
                report_expect_none();
                continue;
            }
            Report report;
            report_expect_one(&report, "mismatched-free");
            expect_block(&report, &source, p);
            assert_shows(&report, "detected", "releases");
            told_expect(SPACES_ERR_BAD_POINTER);
            /* Released all the same. */
            assert_int_equal(spaces_chunk_ptr_check(NULL, p), SPACES_PTR_FREE);
        }
    cxx_delete_sized(cxx_new(100), 100);
    report_expect_none();
}

static void test_new_fails_as_cxx_says(void **state)
{
    (void)state;
    int calls = 0;
    assert_int_equal(cxx_throws_bad_alloc(&calls), 1);
    assert_int_equal(calls, 3);
    assert_null(cxx_new_nothrow(opaque_size(SIZE_MAX / 2)));
}

static void test_double_free_from_two_threads(void **state)
{
    (void)state;
    DEBUG_ONLY();
    Handed handed;
    pthread_barrier_init(&handed.both, NULL, 2);
    for (int round = 0; round < 50; round++) {
        handed.p = allocates(&sources[0]);
        pthread_t threads[2];
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, frees_it, &handed);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        Report report; /* of the two frees one succeeded */
        report_expect_one(&report, "double-free");
        assert_int_equal(report_address(&report, "address"), (uintptr_t)handed.p);
        assert_shows(&report, "detected", "frees_it");
        assert_shows(&report, "allocated", "allocates");
    }
    pthread_barrier_destroy(&handed.both);
}

/* ---- correct programs ------------------------------------------------------------------------ */

static void test_correct_twins(void **state)
{
    (void)state;
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        char *p = allocates(source), *q = allocates(source);
        memset(p, 0xff, source->size); /* to the last byte, with any value */
        memset(q, 0x00, source->size);
        if (source->make == from_malloc) {
            p = realloc(p, source->size + 1);
            memset(p, 0xdb, source->size + 1);
            p = realloc(p, source->size);
        }
        assert_int_equal(spaces_chunk_check(spaces_default_chunk), 1);
        releases(source, q);
        releases(source, p);
    }
    void *aligned = aligned_alloc(4096, 4096);
    memset(aligned, 0xa5, 4096);
    free(aligned);
    assert_int_equal(spaces_chunk_check(variable), 1);
    assert_int_equal(spaces_chunk_check(fixed), 1);
    assert_int_equal(spaces_chunk_check(spaces_default_chunk), 1);
    quarantine_let_go();
    assert_int_equal(told.count, 0);
    report_expect_none();
}

/* Bytes of a fresh block that look like a free block's link are no second free. */
static void test_lookalike_links(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t *p = malloc(32);
        const SpSegment *segment =
            (const SpSegment *)((uintptr_t)p & ~(uintptr_t)(SP_SEGMENT_SIZE - 1));
        const SpSlab *slab = &segment->slabs[((uintptr_t)p >> SP_SLAB_SHIFT) & 63];
        p[0] = slab->key ^ (round % 2 ? SP_LINK_END : (uint32_t)(round * 32));
        free(p);
    }
    assert_int_equal(told.count, 0);
    report_expect_none();
}

static const struct CMUnitTest tests[] = {
    /* First: blocks that others damage stay in the default chunk. */
    MISUSE(test_correct_twins),
    MISUSE(test_double_free),
    MISUSE(test_double_free_of_fast_build),
    MISUSE(test_invalid_free),
    MISUSE(test_free_inside_a_block),
    MISUSE(test_free_of_own_insides),
    MISUSE(test_mismatched_free),
    MISUSE(test_new_fails_as_cxx_says),
    MISUSE(test_double_free_from_two_threads),
    MISUSE(test_lookalike_links),
};

SUITE_MAIN(tests, NULL)
