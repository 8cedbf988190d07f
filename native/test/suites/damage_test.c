/* damage_test.c - writes past, before and after a block, found when it is freed, checked,
 * resized, reused, let go, destroyed, and at exit: one report, with the offset of the first bad
 * byte. */
#define _GNU_SOURCE
#include "sources.h"

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

/* As many as a program may have at a time: each check finds all of them again. */
static void test_much_damage_is_told_once(void **state)
{
    (void)state;
    DEBUG_ONLY();
    enum { BLOCKS = 200 };
    static Report all[BLOCKS + 1];
    char *blocks[BLOCKS];
    told_reset();
    for (int i = 0; i < BLOCKS; i++)
        writes(blocks[i] = allocates(&sources[0]), (long)sources[0].size, 1);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(spaces_chunk_check(spaces_default_chunk), 0);
        assert_int_equal(told.count, BLOCKS);
    }
    assert_int_equal(reports_take(all, BLOCKS + 1), BLOCKS);
    for (int i = 0; i < BLOCKS; i++)
        releases(&sources[0], blocks[i]);
    assert_int_equal(told.count, BLOCKS);
    report_expect_none();
    quarantine_let_go();
}

static const struct CMUnitTest tests[] = {
    /* First: blocks that others damage stay in the default chunk. */
    MISUSE(test_overflow_found_by_check),
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
    MISUSE(test_much_damage_is_told_once),
    MISUSE(test_overwritten_link_of_fast_build),
    MISUSE(test_write_after_free_by_another_thread),
};

SUITE_MAIN(tests, NULL)
