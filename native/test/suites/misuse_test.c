/* misuse_test.c - every kind of misuse that the debug build tells: one misuse, one
 * report, with the block, its size, the offset of the damage, and stacks that name
 * the functions; and the correct twins, of which nothing is told. In the fast build
 * what it promises: double and foreign frees are noticed and nothing breaks. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "operators.h"

/* Where blocks come from. */
typedef struct Source {
    const char *name;
    size_t size;
    void *(*make)(size_t size);
    void (*drop)(void *p);
} Source;

static SpacesChunk variable, fixed;

static void *from_malloc(size_t size)
{
    return malloc(size);
}
static void *from_chunk(size_t size)
{
    return spaces_chunk_alloc(variable, size, 0);
}
static void *from_fixed(size_t size)
{
    (void)size;
    return spaces_chunk_alloc_fixed(fixed);
}
static void chunk_drop(void *p)
{
    spaces_chunk_free(p);
}

static const Source sources[] = {
    {"malloc, small", 24, from_malloc, free},
    {"malloc, odd", 101, from_malloc, free},
    {"malloc, medium", 20000, from_malloc, free},
    {"malloc, large", 300000, from_malloc, free},
    {"malloc, with a segment of its own", (size_t)9 << 20, from_malloc, free},
    {"new", 40, cxx_new, cxx_delete},
    {"new[]", 64, cxx_new_array, cxx_delete_array},
    {"aligned new", 70, cxx_new_aligned, cxx_delete_aligned},
    {"chunk", 56, from_chunk, chunk_drop},
    {"chunk, large", 200000, from_chunk, chunk_drop},
    {"fixed chunk", 48, from_fixed, chunk_drop},
};
#define SOURCES (sizeof sources / sizeof sources[0])

VISIBLE void *allocates(const Source *source)
{
    void *p = opaque(source->make(opaque_size(source->size)));
    STAY();
    return p;
}
VISIBLE void releases(const Source *source, void *p)
{
    source->drop(opaque(p));
    STAY();
}
VISIBLE void releases_again(const Source *source, void *p)
{
    source->drop(opaque(p));
    STAY();
}

static int with_chunks(void **state)
{
    fresh(state);
    variable = spaces_chunk_create(0);
    fixed = spaces_chunk_create_fixed(48, 0, 0);
    return variable && fixed ? 0 : -1;
}

static int without_chunks(void **state)
{
    (void)state;
    spaces_chunk_destroy(variable);
    spaces_chunk_destroy(fixed);
    reports_drop();
    return 0;
}

static void expect_block(const Report *report, const Source *source, const void *p)
{
    if (report_address(report, "address") != (uintptr_t)p)
        fail_msg("%s: not the block: %s", source->name, report->json);
    assert_int_equal(report_number(report, "size"), source->size);
    assert_shows(report, "allocated", "allocates");
    assert_true(report_number(report, "sequence") > 0);
}

#define DEBUG_ONLY()       \
    if (!is_debug_build()) \
    skip()

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

/* ---- overflow and underflow --------------------------------------------------------- */

VISIBLE void writes(char *p, long offset, size_t count)
{
    p = opaque(p);
    for (size_t i = 0; i < count; i++)
        p[offset + (long)i] ^= 0x3c;
    STAY();
}

static void expect_damage(const Source *source, const char *kind, char *p, long offset,
                          const char *finder)
{
    Report report;
    report_expect_one(&report, kind);
    expect_block(&report, source, p);
    assert_int_equal(report_number(&report, "offset"), offset);
    assert_shows(&report, "detected", finder);
    uint8_t bytes[64];
    assert_true(report_bytes(&report, bytes, 64) > 0);
    told_expect(strcmp(kind, "write-after-free") ? SPACES_ERR_BAD_BLOCK
                                                 : SPACES_ERR_BAD_FREE_BLOCK);
    assert_ptr_equal(told.info.corruptAddr, p + offset);
    assert_ptr_equal(told.info.errorAlloc, p);
}

static void damage_and_free(size_t i, const char *kind, long offset, size_t count)
{
    const Source *source = &sources[i];
    told_reset();
    char *p = allocates(source);
    writes(p, offset, count);
    report_expect_none();
    releases(source, p);
    expect_damage(source, kind, p, offset, "releases");
    quarantine_let_go(); /* told once, not again when it leaves the quarantine */
    report_expect_none();
}

static void test_overflow_of_one(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++)
        damage_and_free(i, "overflow", (long)sources[i].size, 1);
}

static void test_overflow_later(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++)
        damage_and_free(i, "overflow", (long)sources[i].size + 9, 3);
}

/* Destroys what lies behind, too, so a child does it. */
static int overflows_by_400(void *argument)
{
    const Source *source = argument;
    allocates(source);
    char *p = opaque(allocates(source));
    allocates(source);
    for (size_t n = 0; n < 400; n++)
        p[source->size + n] = 'A';
    releases(source, p);
    Report all[32];
    int count = reports_take(all, 32), hits = 0;
    for (int i = 0; i < count && i < 32; i++)
        hits += report_is(&all[i], "overflow") &&
                report_address(&all[i], "address") == (uintptr_t)p &&
                report_number(&all[i], "offset") == (long long)source->size &&
                report_shows(&all[i], "allocated", "allocates");
    return hits;
}

static void test_overflow_of_400(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        Source source = sources[i];
        Ended ended;
        run_child(overflows_by_400, &source, &ended);
        if (!ended.exited || ended.code != 1)
            fail_msg("%s: ended with %d: %s", source.name, ended.code, ended.errors);
        reports_drop();
    }
}

static void test_underflow(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        damage_and_free(i, "underflow", -1, 1);
        damage_and_free(i, "underflow", -8, 8);
        damage_and_free(i, "underflow", -16, 2);
    }
}

static void test_overflow_found_by_check(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        told_reset();
        char *p = allocates(source);
        SpacesChunk home = source->make == from_chunk   ? variable
                           : source->make == from_fixed ? fixed
                                                        : spaces_default_chunk;
        assert_int_equal(spaces_chunk_check(home), 1);
        writes(p, (long)source->size, 1);
        assert_int_equal(spaces_chunk_check(home), 0);
        Report report;
        report_expect_one(&report, "overflow");
        expect_block(&report, source, p);
        assert_non_null(strstr(report.json, "\"byCheck\":true"));
        writes(p, (long)source->size, 1); /* mended */
        assert_int_equal(spaces_chunk_check(home), 1);
        releases(source, p);
        report_expect_none();
    }
}

static void test_overflow_found_by_realloc(void **state)
{
    (void)state;
    DEBUG_ONLY();
    told_reset();
    const Source *source = &sources[0];
    char *p = allocates(source);
    writes(p, (long)source->size, 1);
    void *q = realloc(opaque(p), 500);
    Report report;
    report_expect_one(&report, "overflow");
    expect_block(&report, source, p);
    free(q);
}

static void test_damage_found_by_destroy(void **state)
{
    (void)state;
    DEBUG_ONLY();
    told_reset();
    SpacesChunk one = variable;
    char *p = spaces_chunk_alloc(one, 56, 0);
    writes(p, 56, 1);
    spaces_chunk_destroy(one);
    variable = spaces_chunk_create(0);
    Report report;
    report_expect_one(&report, "overflow");
    assert_int_equal(report_address(&report, "address"), (uintptr_t)p);
}

/* ---- write after free ------------------------------------------------------------------ */

static void test_write_after_free_found_by_check(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        told_reset();
        char *p = allocates(source);
        releases(source, p);
        writes(p, (long)source->size / 2, 1);
        SpacesChunk home = source->make == from_chunk   ? variable
                           : source->make == from_fixed ? fixed
                                                        : spaces_default_chunk;
        if (source->size > 131072) /* of these the first bytes are kept */
            writes(p, (long)source->size / 2, 1), writes(p, 5000, 1);
        assert_int_equal(spaces_chunk_check(home), 0);
        Report report;
        report_expect_one(&report, "write-after-free");
        expect_block(&report, source, p);
        assert_int_equal(report_number(&report, "offset"),
                         source->size > 131072 ? 5000 : (long)source->size / 2);
        assert_shows(&report, "freed", "releases");
        /* Mended, or whoever reuses the block would tell of it again. */
        writes(p, report_number(&report, "offset"), 1);
        quarantine_let_go();
        report_expect_none();
    }
}

/* In a child, as the damage stays. */
static int lets_damage_leave(void *argument)
{
    const Source *source = argument;
    char *p = allocates(source);
    releases(source, p);
    writes(p, 3, 2);
    for (int n = 0; n < 3000 && !told.count; n++)
        free(malloc(4000)); /* pushes it out */
    Report report;
    report_expect_one(&report, "write-after-free");
    expect_block(&report, source, p);
    assert_int_equal(report_number(&report, "offset"), 3);
    assert_shows(&report, "freed", "releases");
    told_expect(SPACES_ERR_BAD_FREE_BLOCK);
    _exit(0);
}

static void test_write_after_free_found_on_leaving_the_quarantine(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        Source source = sources[i];
        Ended ended;
        run_child(lets_damage_leave, &source, &ended);
        if (!ended.exited || ended.code)
            fail_msg("%s: ended with %d: %s", source.name, ended.code, ended.errors);
    }
}

static void test_write_after_free_found_at_reuse(void **state)
{
    (void)state;
    DEBUG_ONLY();
    /* A chunk of its own, so that the block comes back soon. */
    const Source *source = &sources[10];
    char *keep = allocates(source);
    char *p = allocates(source);
    releases(source, p);
    quarantine_let_go();
    told_reset();
    writes(p, 20, 1);
    char *again = NULL;
    for (int i = 0; i < 5000 && again != p; i++)
        again = spaces_chunk_alloc_fixed(fixed);
    assert_ptr_equal(again, p);
    Report report;
    report_expect_one(&report, "write-after-free");
    expect_block(&report, source, p);
    assert_int_equal(report_number(&report, "offset"), 20);
    assert_shows(&report, "freed", "releases");
    releases(source, keep);
}

static int damages_and_exits(void *kind)
{
    char *p = allocates(&sources[1]);
    switch (*(int *)kind) {
    case 0:
        releases(&sources[1], p);
        writes(p, 50, 4);
        break;
    case 1:
        writes(p, 101, 1);
        break;
    case 2:
        writes(p, -2, 1);
        break;
    }
    return 17;
}

static void test_damage_found_at_exit(void **state)
{
    (void)state;
    DEBUG_ONLY();
    static const char *const kinds[] = {"write-after-free", "overflow", "underflow"};
    static const int offsets[] = {50, 101, -2};
    for (int kind = 0; kind < 3; kind++) {
        Ended ended;
        run_child(damages_and_exits, &kind, &ended);
        assert_true(ended.exited);
        assert_int_equal(ended.code, 17);
        Report report;
        report_expect_one(&report, kinds[kind]);
        assert_int_equal(report_number(&report, "size"), 101);
        assert_int_equal(report_number(&report, "offset"), offsets[kind]);
        assert_shows(&report, "allocated", "allocates");
    }
    int none = 3;
    Ended ended;
    run_child(damages_and_exits, &none, &ended);
    assert_int_equal(ended.code, 17);
    report_expect_none();
}

/* The fast build: a freed block's link is what it can check. */
static void test_overwritten_link_of_fast_build(void **state)
{
    (void)state;
    if (is_debug_build())
        skip();
    void *blocks[8];
    for (int i = 0; i < 8; i++)
        blocks[i] = spaces_chunk_alloc(variable, 64, 0);
    for (int i = 0; i < 8; i++)
        spaces_chunk_free(blocks[i]);
    writes(blocks[7], 0, 8);
    spaces_chunk_alloc(variable, 64, 0);
    told_expect(SPACES_ERR_BAD_FREE_BLOCK);
    Report report;
    report_expect_one(&report, "write-after-free");
    for (int i = 0; i < 5000; i++)
        memset(spaces_chunk_alloc(variable, 64, 0), 1, 64);
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

/* ---- two threads -------------------------------------------------------------------------- */

typedef struct Handed {
    void *p;
    pthread_barrier_t both;
} Handed;

VISIBLE void *frees_it(void *argument)
{
    Handed *handed = argument;
    pthread_barrier_wait(&handed->both);
    releases(&sources[0], handed->p);
    return NULL;
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

static void test_write_after_free_by_another_thread(void **state)
{
    (void)state;
    DEBUG_ONLY();
    Handed handed;
    pthread_barrier_init(&handed.both, NULL, 1);
    handed.p = allocates(&sources[0]);
    pthread_t thread;
    pthread_create(&thread, NULL, frees_it, &handed);
    pthread_join(thread, NULL);
    writes(handed.p, 5, 1);
    assert_int_equal(spaces_chunk_check(spaces_default_chunk), 0);
    Report report;
    report_expect_one(&report, "write-after-free");
    assert_shows(&report, "freed", "frees_it");
    assert_int_equal(report_number(&report, "offset"), 5);
    pthread_barrier_destroy(&handed.both);
    writes(handed.p, 5, 1);
    quarantine_let_go();
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

#define MISUSE(name) cmocka_unit_test_setup_teardown(name, with_chunks, without_chunks)

static const struct CMUnitTest tests[] = {
    /* First: blocks that others damage stay in the default chunk. */
    MISUSE(test_correct_twins),
    MISUSE(test_overflow_found_by_check),
    MISUSE(test_double_free),
    MISUSE(test_double_free_of_fast_build),
    MISUSE(test_invalid_free),
    MISUSE(test_free_inside_a_block),
    MISUSE(test_free_of_own_insides),
    MISUSE(test_overflow_of_one),
    MISUSE(test_overflow_later),
    MISUSE(test_overflow_of_400),
    MISUSE(test_underflow),
    MISUSE(test_overflow_found_by_realloc),
    MISUSE(test_damage_found_by_destroy),
    MISUSE(test_write_after_free_found_by_check),
    MISUSE(test_write_after_free_found_on_leaving_the_quarantine),
    MISUSE(test_write_after_free_found_at_reuse),
    MISUSE(test_damage_found_at_exit),
    MISUSE(test_overwritten_link_of_fast_build),
    MISUSE(test_mismatched_free),
    MISUSE(test_new_fails_as_cxx_says),
    MISUSE(test_double_free_from_two_threads),
    MISUSE(test_write_after_free_by_another_thread),
    MISUSE(test_lookalike_links),
};

SUITE_MAIN(tests, NULL)
