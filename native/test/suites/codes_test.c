/* codes_test.c - the error codes that a call's arguments raise: each reaches the handler with what
 * the call was given, and the call returns as documented. failures_test.c has the others. */
#define _GNU_SOURCE
#include "codes.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
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
    reports_drop();
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

static void test_alloc_zero(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc(chunk, 0, SPACES_FLAG_ZERO_INIT));
    expect_creation(test_alloc_zero);
    EXPECT_TOLD(test_alloc_zero, SPACES_ERR_ALLOC_ZERO, .chunk = chunk, .argChunk = chunk,
                .argFlags = SPACES_FLAG_ZERO_INIT);
    assert_null(spaces_chunk_alloc_aligned(chunk, 0, 64, 0));
    EXPECT_TOLD(test_alloc_zero, SPACES_ERR_ALLOC_ZERO, .chunk = chunk, .argChunk = chunk,
                .argCount = 64);
    assert_null(spaces_chunk_create_fixed(0, 10, SPACES_CHUNK_SERIALIZE));
    EXPECT_TOLD(test_alloc_zero, SPACES_ERR_ALLOC_ZERO, .argCount = 10,
                .argFlags = SPACES_CHUNK_SERIALIZE);
    assert_int_equal(spaces_chunk_set_block_size(chunk, 0), 0);
    EXPECT_TOLD(test_alloc_zero, SPACES_ERR_ALLOC_ZERO, .chunk = chunk, .argChunk = chunk);
    void *p = spaces_chunk_alloc(chunk, 40, 0);
    assert_null(spaces_chunk_realloc(p, 0, SPACES_FLAG_NO_GROW));
    EXPECT_TOLD(test_alloc_zero, SPACES_ERR_ALLOC_ZERO, .chunk = chunk, .argPtr = p,
                .errorAlloc = p, .argFlags = SPACES_FLAG_NO_GROW);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
}

static void test_bad_flags(void **state)
{
    (void)state;
    void *p = spaces_chunk_alloc(chunk, 40, 0);
    assert_null(spaces_chunk_create(0x4000));
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .argFlags = 0x4000);
    assert_null(spaces_chunk_alloc(chunk, 10, 0x100));
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argChunk = chunk,
                .argSize = 10, .argFlags = 0x100);
    assert_null(spaces_chunk_alloc(chunk, 10, SPACES_FLAG_RESIZE_IN_PLACE)); /* nothing to resize */
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argChunk = chunk,
                .argSize = 10, .argFlags = SPACES_FLAG_RESIZE_IN_PLACE);
    assert_null(spaces_chunk_alloc_aligned_offset(chunk, 10, 64, 8, 0x100));
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argChunk = chunk,
                .argSize = 10, .argCount = 64, .argFlags = 0x100);
    assert_null(spaces_chunk_realloc(p, 20, 0x8000));
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argPtr = p, .errorAlloc = p,
                .argSize = 20, .argFlags = 0x8000);
    assert_null(spaces_chunk_realloc_aligned(p, 20, 32, 0x8000));
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argPtr = p, .argSize = 20,
                .argCount = 32, .argFlags = 0x8000);
    assert_int_equal(spaces_chunk_preallocate(chunk, 100, SPACES_BLOCK_EXTERNAL), SIZE_MAX);
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argChunk = chunk,
                .argSize = 100, .argFlags = SPACES_BLOCK_EXTERNAL);
    for (unsigned count = 0; count <= 257; count += 257) {
        assert_int_equal(spaces_chunk_set_max_subchunks(chunk, count), 0);
        EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .chunk = chunk, .argChunk = chunk,
                    .argCount = count);
    }
    assert_int_equal(spaces_default_chunk_thread_exclusive(0x40000), 0);
    EXPECT_TOLD(test_bad_flags, SPACES_ERR_BAD_FLAGS, .argFlags = 0x40000);
}

static void test_bad_alignment(void **state)
{
    (void)state;
    static const size_t bad[] = {0, 3, 24, 4097, SIZE_MAX};
    char *p = spaces_chunk_alloc_aligned(chunk, 100, 64, 0);
    strcpy(p, "kept");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(spaces_chunk_alloc_aligned(chunk, 100, bad[i], SPACES_FLAG_ZERO_INIT));
        EXPECT_TOLD(test_bad_alignment, SPACES_ERR_BAD_ALIGNMENT, .chunk = chunk, .argChunk = chunk,
                    .argSize = 100, .argCount = bad[i], .argFlags = SPACES_FLAG_ZERO_INIT);
        assert_null(spaces_chunk_alloc_aligned_offset(chunk, 100, bad[i], 16, 0));
        EXPECT_TOLD(test_bad_alignment, SPACES_ERR_BAD_ALIGNMENT, .chunk = chunk, .argChunk = chunk,
                    .argSize = 100, .argCount = bad[i]);
        assert_null(spaces_chunk_realloc_aligned(p, 200, bad[i], 0));
        EXPECT_TOLD(test_bad_alignment, SPACES_ERR_BAD_ALIGNMENT, .chunk = chunk, .argPtr = p,
                    .argSize = 200, .argCount = bad[i]);
        assert_null(spaces_chunk_realloc_aligned_offset(p, 200, bad[i], 16, 0));
        EXPECT_TOLD(test_bad_alignment, SPACES_ERR_BAD_ALIGNMENT, .chunk = chunk, .argPtr = p,
                    .argSize = 200, .argCount = bad[i]);
        /* libc's functions say it by EINVAL, as programs expect. */
        void *out = p;
        assert_int_equal(posix_memalign(&out, bad[i], 100), EINVAL);
        errno = 0;
        assert_null(spaces_memalign(bad[i], 100));
        assert_int_equal(errno, EINVAL);
        assert_int_equal(told.count, 0);
    }
    assert_string_equal(p, "kept");
}

static void test_block_too_big(void **state)
{
    (void)state;
    char *p = spaces_chunk_alloc(chunk, 10, 0);
    assert_null(spaces_chunk_alloc(chunk, (size_t)1 << 47, SPACES_FLAG_RESIZEABLE));
    expect_creation(test_block_too_big);
    EXPECT_TOLD(test_block_too_big, SPACES_ERR_BLOCK_TOO_BIG, .chunk = chunk, .argChunk = chunk,
                .argSize = (size_t)1 << 47, .argFlags = SPACES_FLAG_RESIZEABLE);
    assert_null(spaces_chunk_alloc(chunk, 1 << 20, SPACES_FLAG_NO_EXTERNAL));
    EXPECT_TOLD(test_block_too_big, SPACES_ERR_BLOCK_TOO_BIG, .chunk = chunk, .argChunk = chunk,
                .argSize = 1 << 20, .argFlags = SPACES_FLAG_NO_EXTERNAL);
    assert_null(spaces_chunk_alloc_aligned(chunk, SIZE_MAX - 4096, 4096, 0));
    EXPECT_TOLD(test_block_too_big, SPACES_ERR_BLOCK_TOO_BIG, .chunk = chunk, .argChunk = chunk,
                .argSize = SIZE_MAX - 4096, .argCount = 4096);
    assert_null(spaces_chunk_realloc(p, SIZE_MAX - 8, 0));
    EXPECT_TOLD(test_block_too_big, SPACES_ERR_BLOCK_TOO_BIG, .chunk = chunk, .argPtr = p,
                .argSize = SIZE_MAX - 8);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
    spaces_chunk_set_page_size(chunk, 4096);
    assert_int_equal(spaces_chunk_set_block_size(chunk, 4097), 0);
    EXPECT_TOLD(test_block_too_big, SPACES_ERR_BLOCK_TOO_BIG, .chunk = chunk, .argChunk = chunk,
                .argSize = 4097);
    assert_int_equal(spaces_chunk_set_block_size(chunk, 4096), 1);
}

static void test_resize_failed(void **state)
{
    (void)state;
    char *p = spaces_chunk_alloc(chunk, 100, 0);
    strcpy(p, "kept");
    unsigned flags = SPACES_FLAG_RESIZE_IN_PLACE | SPACES_FLAG_ZERO_INIT;
    assert_null(spaces_chunk_realloc(p, 100000, flags));
    EXPECT_TOLD(test_resize_failed, SPACES_ERR_RESIZE_FAILED, .chunk = chunk, .argPtr = p,
                .errorAlloc = p, .argSize = 100000, .argFlags = flags);
    assert_string_equal(p, "kept");
    p = spaces_chunk_alloc_aligned(chunk, 100, 64, 0);
    assert_null(spaces_chunk_realloc_aligned(p, 200000, 64, SPACES_FLAG_RESIZE_IN_PLACE));
    EXPECT_TOLD(test_resize_failed, SPACES_ERR_RESIZE_FAILED, .chunk = chunk, .argPtr = p,
                .argSize = 200000, .argCount = 64, .argFlags = SPACES_FLAG_RESIZE_IN_PLACE);
}

static void test_not_fixed_size(void **state)
{
    (void)state;
    assert_null(spaces_chunk_alloc_fixed(chunk));
    EXPECT_TOLD(test_not_fixed_size, SPACES_ERR_NOT_FIXED_SIZE, .chunk = chunk, .argChunk = chunk);
    void *p = spaces_chunk_alloc(chunk, 10, 0);
    assert_int_equal(spaces_chunk_free_fixed(p), 0);
    EXPECT_TOLD(test_not_fixed_size, SPACES_ERR_NOT_FIXED_SIZE, .chunk = chunk, .argPtr = p,
                .errorAlloc = p);
    assert_int_equal(spaces_chunk_ptr_check(chunk, p), SPACES_PTR_OK);
    assert_int_equal(spaces_chunk_preallocate(chunk, 5000, SPACES_BLOCK_FIXED), SIZE_MAX);
    EXPECT_TOLD(test_not_fixed_size, SPACES_ERR_NOT_FIXED_SIZE, .chunk = chunk, .argChunk = chunk,
                .argSize = 5000, .argFlags = SPACES_BLOCK_FIXED);
}

/* Other blocks of that size are out already. */
static void test_unsupported(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_block_size(chunk, 32), 1);
    assert_non_null(spaces_chunk_alloc_fixed(chunk));
    assert_int_equal(spaces_chunk_set_block_size(chunk, 64), 0);
    EXPECT_TOLD(test_unsupported, SPACES_ERR_UNSUPPORTED, .chunk = chunk, .argChunk = chunk,
                .argSize = 64);
    SpacesChunkInfo info;
    spaces_chunk_info(chunk, NULL, &info);
    assert_int_equal(info.blockSizeFS, 32);
}

static void test_bad_pointer(void **state)
{
    (void)state;
    int local;
    void *wild = opaque(&local);
    assert_int_equal(spaces_chunk_free(wild), 0);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild);
    assert_int_equal(spaces_chunk_free_fixed(wild), 0);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild);
    assert_int_equal(spaces_chunk_free_aligned(wild), 0);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild);
    assert_null(spaces_chunk_realloc(wild, 70, SPACES_FLAG_ZERO_INIT));
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild,
                .argSize = 70, .argFlags = SPACES_FLAG_ZERO_INIT);
    assert_null(spaces_chunk_realloc_aligned(wild, 70, 32, 0));
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild,
                .argSize = 70, .argCount = 32);
    assert_int_equal(spaces_chunk_ptr_size(wild), SIZE_MAX);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild);
    assert_int_equal(spaces_chunk_size_aligned(wild), SIZE_MAX);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild);
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(chunk, wild, &info), 0);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argChunk = chunk, .argPtr = wild,
                .argBuf = &info, .errorAlloc = wild);
    errno = 0;
    assert_null(realloc(wild, 70));
    assert_int_equal(errno, EINVAL);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER, .argPtr = wild, .errorAlloc = wild,
                .argSize = 70);
    assert_int_equal(spaces_chunk_free(NULL), 0);
    EXPECT_TOLD(test_bad_pointer, SPACES_ERR_BAD_POINTER);
}

static void test_double_free(void **state)
{
    (void)state;
    void *p = spaces_chunk_alloc(chunk, 48, 0);
    assert_int_equal(spaces_chunk_free(p), 1);
    assert_int_equal(spaces_chunk_free(opaque(p)), 0);
    expect_creation(test_double_free);
    EXPECT_TOLD(test_double_free, SPACES_ERR_BAD_POINTER, .chunk = chunk, .argPtr = p,
                .errorAlloc = p);
}

static void test_lock(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_lock(chunk), 0); /* not serialised */
    EXPECT_TOLD(test_lock, SPACES_ERR_LOCK, .chunk = chunk, .argChunk = chunk);
    SpacesChunk locked = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    assert_int_equal(spaces_chunk_unlock(locked), 0); /* not locked */
    EXPECT_TOLD(test_lock, SPACES_ERR_LOCK, .chunk = locked, .argChunk = locked);
    assert_int_equal(spaces_chunk_lock(locked), 1);
    assert_int_equal(spaces_chunk_unlock(locked), 1);
    assert_int_equal(spaces_chunk_unlock(locked), 0); /* once too often */
    EXPECT_TOLD(test_lock, SPACES_ERR_LOCK, .chunk = locked, .argChunk = locked);
    spaces_chunk_destroy(locked);
}

static void test_bad_chunk(void **state)
{
    (void)state;
    SpacesChunk gone = spaces_chunk_create(0);
    assert_int_equal(spaces_chunk_destroy(gone), 1);
    SpacesChunk bad[] = {NULL, (SpacesChunk)(uintptr_t)0x1238, gone, (SpacesChunk)opaque(&gone)};
    SpacesChunkEntry entry = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
#define REFUSED(call, result, ...)   \
    assert_true((call) == (result)); \
    EXPECT_TOLD(test_bad_chunk, SPACES_ERR_BAD_CHUNK, .argChunk = bad[i], __VA_ARGS__)
        REFUSED(spaces_chunk_alloc(bad[i], 10, 1), NULL, .argSize = 10, .argFlags = 1);
        REFUSED(spaces_chunk_alloc_aligned(bad[i], 10, 64, 1), NULL, .argSize = 10, .argCount = 64,
                .argFlags = 1);
        REFUSED(spaces_chunk_set_page_size(bad[i], 8192), 0, .argSize = 8192);
        REFUSED(spaces_chunk_set_ceiling(bad[i], 8192), SPACES_ERROR_RET, .argSize = 8192);
        REFUSED(spaces_chunk_set_floor(bad[i], 8192), SPACES_ERROR_RET, .argSize = 8192);
        REFUSED(spaces_chunk_set_free_bytes(bad[i], 8192), SPACES_ERROR_RET, .argSize = 8192);
        REFUSED(spaces_chunk_set_grow_increment(bad[i], 8192), SPACES_ERROR_RET, .argSize = 8192);
        REFUSED(spaces_chunk_set_max_suballoc(bad[i], 8192), 0, .argSize = 8192);
        REFUSED(spaces_chunk_set_max_subchunks(bad[i], 4), 0, .argCount = 4);
        REFUSED(spaces_chunk_set_block_size(bad[i], 40), 0, .argSize = 40);
        REFUSED(spaces_chunk_preallocate(bad[i], 40, SPACES_BLOCK_VAR_FIXED), SPACES_ERROR_RET,
                .argSize = 40);
        REFUSED(spaces_chunk_shrink(bad[i]), 0, .argSize = 0);
        REFUSED(spaces_chunk_walk(bad[i], &entry), SPACES_CHUNK_CORRUPT_FATAL, .argSize = 0);
        REFUSED(spaces_chunk_destroy(bad[i]), 0, .argSize = 0);
#undef REFUSED
    }
    assert_int_equal(spaces_chunk_destroy(spaces_default_chunk), 0);
    EXPECT_TOLD(test_bad_chunk, SPACES_ERR_BAD_CHUNK, .chunk = spaces_default_chunk,
                .argChunk = spaces_default_chunk);
}

static pthread_barrier_t barrier;
static void *handed;

static void *hands_over(void *unused)
{
    spaces_default_chunk_thread_exclusive((unsigned)SPACES_THREAD_EXCLUSIVE_ON);
    handed = malloc(100);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    free(handed);
    return unused;
}

static void test_wrong_task(void **state)
{
    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hands_over, NULL), 0);
    pthread_barrier_wait(&barrier);
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(NULL, handed, &info), 1);
    assert_int_equal(spaces_chunk_free(handed), 0);
    EXPECT_TOLD(test_wrong_task, SPACES_ERR_WRONG_TASK, .chunk = info.chunk, .argPtr = handed,
                .errorAlloc = handed);
    assert_int_equal(spaces_chunk_ptr_check(info.chunk, handed), SPACES_PTR_OK);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(told.count, 0);
}

/* ---- INTERNAL: a handler that breaks its own promise ---------------------------------------- */

static int calls;
static int unwinds_and_returns(SpacesErrorInfo *info)
{
    calls++;
    recorder(info);
    spaces_error_unwind();
    return 1; /* does not count */
}

static void test_internal(void **state)
{
    (void)state;
    calls = 0;
    spaces_chunk_set_ceiling(chunk, 4096);
    spaces_set_error_handler(unwinds_and_returns);
    assert_null(spaces_chunk_alloc(chunk, 8000, 0));
    spaces_set_error_handler(recorder);
    assert_int_equal(calls, 2); /* the ceiling, not retried, and then this */
    assert_int_equal(told.count, 2);
    told.count = 1;
    EXPECT_TOLD(test_internal, SPACES_ERR_INTERNAL);
    assert_null(spaces_chunk_alloc(chunk, 8000, 0)); /* errors are told as before */
    told_expect(SPACES_ERR_EXCEEDED_CEILING);
}

#define CODE_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    CODE_TEST(test_alloc_zero),    CODE_TEST(test_bad_flags),     CODE_TEST(test_bad_alignment),
    CODE_TEST(test_block_too_big), CODE_TEST(test_resize_failed), CODE_TEST(test_not_fixed_size),
    CODE_TEST(test_unsupported),   CODE_TEST(test_bad_pointer),   CODE_TEST(test_double_free),
    CODE_TEST(test_lock),          CODE_TEST(test_bad_chunk),     CODE_TEST(test_wrong_task),
    CODE_TEST(test_internal),
};

SUITE_MAIN(tests, NULL)
