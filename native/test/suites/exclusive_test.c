/* exclusive_test.c - thread-exclusive mode: a thread's malloc has a chunk of its own, whose
 * blocks are that thread's alone and go, or stay, when it ends. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ON   ((unsigned)SPACES_THREAD_EXCLUSIVE_ON)
#define TERM ((unsigned)SPACES_FREE_ON_THREAD_TERM)

static void *in_thread(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, fn, argument), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

static SpacesChunk chunk_that_owns(void *p)
{
    SpacesChunkInfo info = {0};
    return spaces_chunk_info(NULL, p, &info) ? info.chunk : NULL;
}

static size_t chunks(void)
{
    size_t count = 0;
    SpacesChunkInfo info;
    for (SpacesChunkStatus s = spaces_chunk_first(&info, 0); s == SPACES_CHUNK_OK;
         s = spaces_chunk_next(&info, 0))
        count++;
    return count;
}

/* A thread's result: NULL, or what was wrong. */
#define EXPECT(condition) \
    if (!(condition))     \
    return #condition

static void *has_its_own_chunk(void *unused)
{
    (void)unused;
    void *shared = malloc(100);
    EXPECT(chunk_that_owns(shared) == spaces_default_chunk);
    EXPECT(spaces_default_chunk_thread_exclusive(ON) == 1);
    void *p = malloc(100), *q = malloc(100000);
    SpacesChunk mine = chunk_that_owns(p);
    EXPECT(mine && mine != spaces_default_chunk && chunk_that_owns(q) == mine);
    EXPECT(spaces_chunk_count(mine) == 2);
    p = realloc(p, 5000);
    EXPECT(chunk_that_owns(p) == mine);
    free(p);
    free(q);
    free(shared); /* the shared chunk's blocks stay anybody's */
    EXPECT(spaces_chunk_count(mine) == 0);
    EXPECT(spaces_default_chunk_thread_exclusive(SPACES_THREAD_EXCLUSIVE_OFF) == 1);
    p = malloc(100);
    EXPECT(chunk_that_owns(p) == spaces_default_chunk);
    EXPECT(spaces_default_chunk_thread_exclusive(ON) == 1); /* the same one again */
    q = malloc(100);
    EXPECT(chunk_that_owns(q) == mine);
    free(q);
    free(p);
    return NULL;
}

static void test_private_chunk(void **state)
{
    (void)state;
    size_t before = chunks();
    char *wrong = in_thread(has_its_own_chunk, NULL);
    if (wrong)
        fail_msg("%s", wrong);
    assert_int_equal(told.count, 0);
    assert_int_equal(chunks(), before); /* empty at the thread's end: gone */
}

static void *leaves_blocks(void *flags)
{
    if (!spaces_default_chunk_thread_exclusive((unsigned)(uintptr_t)flags))
        return NULL;
    for (int i = 0; i < 20000; i++)
        if (!malloc((size_t)i % 300 + 1))
            return NULL;
    malloc((size_t)5 << 20);
    return strcpy(malloc(100), "left behind");
}

static void test_freed_at_thread_end(void **state)
{
    (void)state;
    SpacesProcessInfo before, after;
    size_t count = chunks();
    for (int i = 0; i < 40; i++) {
        char *left = in_thread(leaves_blocks, (void *)(uintptr_t)(ON | TERM));
        assert_non_null(left);
        assert_int_equal(spaces_chunk_ptr_check(NULL, left), SPACES_PTR_WILD);
        if (i == 4)
            spaces_process_info(&before);
    }
    spaces_process_info(&after);
    assert_true(after.heapTotal <= before.heapTotal + (1 << 20));
    assert_int_equal(chunks(), count);
    assert_int_equal(told.count, 0);
}

static void test_kept_at_thread_end(void **state)
{
    (void)state;
    char *left = in_thread(leaves_blocks, (void *)(uintptr_t)ON);
    assert_string_equal(left, "left behind");
    assert_int_equal(spaces_chunk_ptr_check(NULL, left), SPACES_PTR_OK);
    SpacesChunk theirs = chunk_that_owns(left);
    size_t count = spaces_chunk_count(theirs);
    free(left); /* anybody's now */
    assert_int_equal(told.count, 0);
    assert_int_equal(spaces_chunk_count(theirs), count - 1);
    assert_int_equal(spaces_chunk_check(theirs), 1);
    assert_int_equal(spaces_chunk_destroy(theirs), 1);
}

static pthread_barrier_t barrier;
static void *handed;

static void *hands_over(void *unused)
{
    (void)unused;
    EXPECT(spaces_default_chunk_thread_exclusive(ON | TERM) == 1);
    handed = malloc(100);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    EXPECT(spaces_chunk_ptr_check(NULL, handed) == SPACES_PTR_OK);
    free(handed);
    return NULL;
}

static void test_block_of_another_thread(void **state)
{
    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    void *wrong;
    assert_int_equal(pthread_create(&thread, NULL, hands_over, NULL), 0);
    pthread_barrier_wait(&barrier);
    free(handed);
    told_expect(SPACES_ERR_WRONG_TASK);
    assert_ptr_equal(told.info.argPtr, handed);
    Report report;
    report_expect_one(&report, "wrong-thread");
    told_reset();
    assert_int_equal(spaces_chunk_free(handed), 0);
    told_expect(SPACES_ERR_WRONG_TASK);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, &wrong);
    pthread_barrier_destroy(&barrier);
    reports_drop();
    if (wrong)
        fail_msg("%s", (char *)wrong);
}

static void test_bad_flags(void **state)
{
    (void)state;
    static const unsigned bad[] = {1, 0x40000, SPACES_FREE_ON_THREAD_TERM};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        told_reset();
        assert_int_equal(spaces_default_chunk_thread_exclusive(bad[i]), 0);
        told_expect(SPACES_ERR_BAD_FLAGS);
        assert_int_equal(told.info.argFlags, bad[i]);
    }
    reports_drop();
}

/* The first to print gives stdout its buffer, which outlives the thread. */
static void *prints_first(void *unused)
{
    spaces_default_chunk_thread_exclusive(ON | TERM);
    for (int i = 0; i < 300; i++)
        if (!malloc(1000))
            return NULL;
    printf("from the thread\n");
    return unused;
}

static int prints(void)
{
    in_thread(prints_first, NULL);
    for (size_t size = 16; size < 40000; size = size * 5 / 4)
        for (int i = 0; i < 100; i++)
            memset(malloc(size), 'x', size);
    printf("from main\n");
    return 0;
}

static void test_streams_outlive_the_thread(void **state)
{
    (void)state;
    Ended ended;
    run_self("prints", NULL, &ended);
    assert_int_equal(ended.code, 0);
    assert_string_equal(ended.output, "from the thread\nfrom main\n");
    assert_string_equal(ended.errors, "");
}

static const Scenario scenarios[] = {{"prints", prints}, {0}};

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_private_chunk, fresh),
    cmocka_unit_test_setup(test_freed_at_thread_end, fresh),
    cmocka_unit_test_setup(test_kept_at_thread_end, fresh),
    cmocka_unit_test_setup(test_block_of_another_thread, fresh),
    cmocka_unit_test_setup(test_bad_flags, fresh),
    cmocka_unit_test_setup(test_streams_outlive_the_thread, fresh),
};

SUITE_MAIN(tests, scenarios)
