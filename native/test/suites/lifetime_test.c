/* lifetime_test.c - what destroying a chunk gives back, what calls refuse and with which
 * error, locks, and registration. */
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

/* ---- destroying -------------------------------------------------------------------- */

static void test_destroy_gives_memory_back(void **state)
{
    (void)state;
    SpacesProcessInfo before, after;
    for (int round = 0; round < 30; round++) {
        SpacesChunk one = spaces_chunk_create(0);
        for (int i = 0; i < 20000; i++)
            assert_non_null(spaces_chunk_alloc(one, (size_t)(i % 400) + 1, 0));
        assert_non_null(spaces_chunk_alloc(one, (size_t)10 << 20, 0));
        assert_int_equal(spaces_chunk_destroy(one), 1);
        if (round == 4)
            spaces_process_info(&before);
    }
    spaces_process_info(&after);
    assert_true(after.heapTotal <= before.heapTotal + (1 << 20));
}

/* Destroying does not visit blocks: their bytes are never written, and it is the slabs
 * that move to the pool. */
static void test_destroy_visits_slabs_not_blocks(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* there it checks every block first */
    SpacesChunk one = spaces_chunk_create(0);
    enum { COUNT = 100000 };
    static unsigned char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = spaces_chunk_alloc(one, 32, 0);
        blocks[i][0] = 0x42;
    }
    size_t slabs = chunk_slabs(one);
    assert_true(slabs <= COUNT / 1000);
    SpacesProcessInfo before, after;
    spaces_process_info(&before);
    assert_int_equal(spaces_chunk_destroy(one), 1);
    spaces_process_info(&after);
    assert_int_equal(after.totalFree - before.totalFree, slabs * SP_SLAB_SIZE);
    int untouched = 0;
    for (int i = 0; i < COUNT; i++)
        untouched += *(volatile unsigned char *)opaque(blocks[i]) == 0x42;
    assert_int_equal(untouched, COUNT);
}

static void test_destroyed_chunk_is_no_chunk(void **state)
{
    (void)state;
    SpacesChunk one = spaces_chunk_create(0);
    assert_int_equal(spaces_chunk_destroy(one), 1);
    assert_null(spaces_chunk_alloc(one, 1, 0));
    told_expect(SPACES_ERR_BAD_CHUNK);
    assert_ptr_equal(told.info.argChunk, one);
    told_reset();
    assert_int_equal(spaces_chunk_destroy(one), 0);
    told_expect(SPACES_ERR_BAD_CHUNK);
}

/* ---- refusals ------------------------------------------------------------------------ */

static void test_bad_chunks(void **state)
{
    (void)state;
    static const uintptr_t bad[] = {0,          1, 8, 0x1000, 0xdeadbeefdeadbeef, 0x7fffffffffff,
                                    UINTPTR_MAX};
    SpacesChunkEntry entry = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SpacesChunk wild = (SpacesChunk)bad[i];
#define REFUSED(call, result)          \
    told_reset();                      \
    assert_true((call) == (result));   \
    told_expect(SPACES_ERR_BAD_CHUNK); \
    assert_ptr_equal(told.info.argChunk, wild)
        REFUSED(spaces_chunk_alloc(wild, 10, 0), NULL);
        REFUSED(spaces_chunk_alloc_fixed(wild), NULL);
        REFUSED(spaces_chunk_destroy(wild), 0);
        REFUSED(spaces_chunk_size(wild), SPACES_ERROR_RET);
        REFUSED(spaces_chunk_count(wild), SPACES_ERROR_RET);
        REFUSED(spaces_chunk_set_ceiling(wild, 1), SPACES_ERROR_RET);
        REFUSED(spaces_chunk_set_floor(wild, 1), SPACES_ERROR_RET);
        REFUSED(spaces_chunk_check(wild), 0);
        REFUSED(spaces_chunk_walk(wild, &entry), SPACES_CHUNK_CORRUPT_FATAL);
        REFUSED(spaces_chunk_lock(wild), 0);
        REFUSED(spaces_chunk_unlock(wild), 0);
#undef REFUSED
    }
    reports_drop();
}

static void test_zero_sizes(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc(chunk, 0, 0));
    told_expect(SPACES_ERR_ALLOC_ZERO);
    assert_ptr_equal(told.info.argChunk, chunk);
    told_reset();
    assert_null(spaces_chunk_create_fixed(0, 10, 0));
    told_expect(SPACES_ERR_ALLOC_ZERO);
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    told_reset();
    assert_null(spaces_chunk_realloc(p, 0, 0));
    told_expect(SPACES_ERR_ALLOC_ZERO);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
}

static void test_bad_flags(void **state)
{
    (void)state;
    assert_null(spaces_chunk_create(0x4000));
    told_expect(SPACES_ERR_BAD_FLAGS);
    assert_int_equal(told.info.argFlags, 0x4000);
    told_reset();
    assert_null(spaces_chunk_alloc(chunk, 10, 0x100));
    told_expect(SPACES_ERR_BAD_FLAGS);
    assert_int_equal(told.info.argFlags, 0x100);
    assert_int_equal(told.info.argSize, 10);
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    told_reset();
    assert_null(spaces_chunk_realloc(p, 20, 0x8000));
    told_expect(SPACES_ERR_BAD_FLAGS);
}

static void test_not_fixed(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc_fixed(chunk));
    told_expect(SPACES_ERR_NOT_FIXED_SIZE);
    assert_ptr_equal(told.info.chunk, chunk);
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    told_reset();
    assert_int_equal(spaces_chunk_free_fixed(p), 0);
    told_expect(SPACES_ERR_NOT_FIXED_SIZE);
    assert_int_equal(spaces_chunk_count(chunk), 1);
}

static void test_bad_pointers(void **state)
{
    (void)state;
    int local = 0;
    char *block = spaces_chunk_alloc(chunk, 100, 0);
    void *bad[] = {&local,    (void *)&told, block + 8, (void *)(uintptr_t)0xdeadbeefdeadbeef,
                   (void *)8, chunk};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        told_reset();
        assert_int_equal(spaces_chunk_free(bad[i]), 0);
        told_expect(SPACES_ERR_BAD_POINTER);
        assert_ptr_equal(told.info.argPtr, bad[i]);
        told_reset();
        assert_true(spaces_chunk_ptr_size(bad[i]) == SPACES_ERROR_RET);
        told_expect(SPACES_ERR_BAD_POINTER);
        told_reset();
        assert_null(spaces_chunk_realloc(bad[i], 10, 0));
        told_expect(SPACES_ERR_BAD_POINTER);
    }
    told_reset();
    assert_int_equal(spaces_chunk_free(NULL), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
    reports_drop();
}

static void test_too_big(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc(chunk, SIZE_MAX, 0));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    told_reset();
    assert_null(spaces_chunk_alloc(chunk, (size_t)1 << 47, 0));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    told_reset();
    assert_null(spaces_chunk_realloc(p, SIZE_MAX - 8, 0));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
    assert_int_equal(spaces_chunk_size(chunk) <= 65536, 1);
}

static void test_default_chunk_is_not_destroyed(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_destroy(spaces_default_chunk), 0);
    told_expect(SPACES_ERR_BAD_CHUNK);
    free(malloc(10));
}

/* ---- locks ------------------------------------------------------------------------------ */

static int with_serialized(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    return chunk ? 0 : -1;
}

static void test_lock_depth(void **state)
{
    (void)state;
    SpacesChunkEntry entry = {0};
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    for (unsigned depth = 1; depth <= 3; depth++) {
        assert_int_equal(spaces_chunk_lock(chunk), 1);
        assert_int_equal(chunk_of(chunk)->lock_depth, depth);
    }
    entry.entry = NULL;
    assert_int_equal(spaces_chunk_walk(chunk, &entry), SPACES_CHUNK_OK);
    assert_int_equal(entry.lockCount, 3);
    /* The holder works on as usual. */
    spaces_chunk_free(p);
    assert_non_null(spaces_chunk_alloc(chunk, 100000, 0));
    for (int depth = 3; depth; depth--)
        assert_int_equal(spaces_chunk_unlock(chunk), 1);
    assert_int_equal(told.count, 0);
    assert_int_equal(spaces_chunk_unlock(chunk), 0);
    told_expect(SPACES_ERR_LOCK);
}

static int passed_gate;
static void *wants_in(void *argument)
{
    (void)argument;
    void *p = spaces_chunk_alloc(chunk, 32, 0);
    __atomic_store_n(&passed_gate, 1, __ATOMIC_SEQ_CST);
    spaces_chunk_free(p);
    return p;
}

static void test_lock_excludes_other_threads(void **state)
{
    (void)state;
    free(spaces_chunk_alloc(chunk, 32, 0));
    passed_gate = 0;
    assert_int_equal(spaces_chunk_lock(chunk), 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wants_in, NULL), 0);
    for (int i = 0; i < 2000; i++) {
        sched_yield();
        assert_int_equal(__atomic_load_n(&passed_gate, __ATOMIC_SEQ_CST), 0);
        free(spaces_chunk_alloc(chunk, 32, 0));
    }
    assert_int_equal(spaces_chunk_unlock(chunk), 1);
    void *result;
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_int_equal(passed_gate, 1);
}

static void *unlocks(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)spaces_chunk_unlock(chunk);
}

static void test_unlock_by_another_thread(void **state)
{
    (void)state;
    spaces_chunk_lock(chunk);
    pthread_t thread;
    void *result = &thread;
    pthread_create(&thread, NULL, unlocks, NULL);
    pthread_join(thread, &result);
    assert_null(result);
    told_expect(SPACES_ERR_LOCK);
    assert_int_equal(spaces_chunk_unlock(chunk), 1);
}

static void test_lock_needs_serialization(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_lock(chunk), 0);
    told_expect(SPACES_ERR_LOCK);
}

/* ---- registration -------------------------------------------------------------------------- */

static int registers(void *unused)
{
    (void)unused;
    if (spaces_shutdown())
        return 1; /* none to undo */
    if (!spaces_init() || !spaces_init())
        return 2;
    SpacesChunk one = spaces_chunk_create(0);
    spaces_chunk_alloc(one, 100, 0);
    void *kept = malloc(10);
    if (spaces_shutdown() != 1 || spaces_chunk_count(one) != 1)
        return 3;
    if (spaces_shutdown() != 1)
        return 4;
    spaces_set_error_handler(NULL);
    if (spaces_chunk_count(one) != SPACES_ERROR_RET)
        return 5;
    free(kept);
    return 0;
}

static void test_init_and_shutdown(void **state)
{
    (void)state;
    Ended ended;
    run_child(registers, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 0);
}

#define CHUNK_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)
#define LOCK_TEST(name)  cmocka_unit_test_setup_teardown(name, with_serialized, without_chunk)

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_destroy_gives_memory_back, fresh),
    cmocka_unit_test_setup(test_destroy_visits_slabs_not_blocks, fresh),
    cmocka_unit_test_setup(test_destroyed_chunk_is_no_chunk, fresh),
    cmocka_unit_test_setup(test_bad_chunks, fresh),
    CHUNK_TEST(test_zero_sizes),
    CHUNK_TEST(test_bad_flags),
    CHUNK_TEST(test_not_fixed),
    CHUNK_TEST(test_bad_pointers),
    CHUNK_TEST(test_too_big),
    cmocka_unit_test_setup(test_default_chunk_is_not_destroyed, fresh),
    LOCK_TEST(test_lock_depth),
    LOCK_TEST(test_lock_excludes_other_threads),
    LOCK_TEST(test_unlock_by_another_thread),
    CHUNK_TEST(test_lock_needs_serialization),
    cmocka_unit_test_setup(test_init_and_shutdown, fresh),
};

SUITE_MAIN(tests, NULL)
