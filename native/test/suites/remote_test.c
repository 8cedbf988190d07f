/* remote_test.c - blocks that one thread frees for another: they travel in parcels, and nothing
 * is lost or taken twice on the way. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FEW = 100, MANY = 4000, SIZE = 64 };
static void *blocks[MANY];
static pthread_barrier_t sync_point;

static const SpSlab *slab_of(const void *block)
{
    uintptr_t p = (uintptr_t)block;
    const SpSegment *segment = (const SpSegment *)(p & ~(uintptr_t)(SP_SEGMENT_SIZE - 1));
    return &segment->slabs[p >> SP_SLAB_SHIFT & (SP_SLABS_PER_SEGMENT - 1)];
}

static uint32_t arrived(const void *block)
{
    return SP_REMOTE_COUNT(__atomic_load_n(&slab_of(block)->remote, __ATOMIC_ACQUIRE));
}

static void fill(int count)
{
    for (int i = 0; i < count; i++)
        assert_non_null(blocks[i] = malloc(SIZE));
}

static void start(pthread_t *thread, void *(*fn)(void *), int parties)
{
    assert_int_equal(pthread_barrier_init(&sync_point, NULL, (unsigned)parties), 0);
    assert_int_equal(pthread_create(thread, NULL, fn, NULL), 0);
}

static void finish(pthread_t thread)
{
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&sync_point);
}

static void *frees_few_then_looks(void *unused)
{
    for (int i = 0; i < FEW; i++)
        free(blocks[i]);
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    spaces_chunk_count(spaces_default_chunk);
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    return unused;
}

/* A parcel stays with the thread that frees until that looks at the heap; then all of it comes. */
static void test_a_look_sends(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* its blocks go to the quarantine, one by one */
    pthread_t thread;
    fill(FEW);
    size_t before = spaces_chunk_count(spaces_default_chunk);
    start(&thread, frees_few_then_looks, 2);
    pthread_barrier_wait(&sync_point);
    uint32_t early = arrived(blocks[FEW - 1]);
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    uint32_t late = arrived(blocks[FEW - 1]);
    size_t after = spaces_chunk_count(spaces_default_chunk);
    pthread_barrier_wait(&sync_point);
    finish(thread);
    assert_int_equal(early, 0);
    assert_true(late > 0);
    assert_true(after + FEW <= before + 8); /* the thread's own few blocks */
}

static void *frees_few(void *unused)
{
    for (int i = 0; i < FEW; i++)
        free(blocks[i]);
    return unused;
}

static void test_the_end_of_a_thread_sends(void **state)
{
    (void)state;
    pthread_t thread;
    fill(FEW);
    size_t before = spaces_chunk_count(spaces_default_chunk);
    start(&thread, frees_few, 1);
    finish(thread);
    assert_true(spaces_chunk_count(spaces_default_chunk) + FEW <= before + 8);
}

static void *frees_many_and_stays(void *unused)
{
    for (int i = 0; i < MANY; i++)
        free(blocks[i]);
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    return unused;
}

/* What a thread holds back is bounded, also where it never looks and never ends. */
static void test_full_parcels_are_sent(void **state)
{
    (void)state;
    pthread_t thread;
    fill(MANY);
    size_t before = spaces_chunk_count(spaces_default_chunk);
    start(&thread, frees_many_and_stays, 2);
    pthread_barrier_wait(&sync_point);
    size_t after = spaces_chunk_count(spaces_default_chunk);
    pthread_barrier_wait(&sync_point);
    finish(thread);
    assert_true(before - after >= MANY - 65536 / SIZE - 8);
}

static void *frees_twice(void *unused)
{
    free(blocks[0]);
    free(opaque(blocks[0]));
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    return unused;
}

/* A second free is noticed while the block is on its way: by its own thread and by another. */
static void test_double_free_on_the_way(void **state)
{
    (void)state;
    pthread_t thread;
    fill(1);
    start(&thread, frees_twice, 2);
    pthread_barrier_wait(&sync_point);
    int by_itself = told.count;
    free(opaque(blocks[0]));
    int by_both = told.count;
    pthread_barrier_wait(&sync_point);
    finish(thread);
    assert_int_equal(by_itself, 1);
    assert_int_equal(by_both, 2);
    assert_int_equal(told.info.errorCode, SPACES_ERR_BAD_POINTER);
    void *first = malloc(SIZE), *second = malloc(SIZE);
    assert_ptr_not_equal(first, second);
    free(first);
    free(second);
}

static void *frees_and_forks(void *unused)
{
    (void)unused;
    size_t before = spaces_chunk_count(spaces_default_chunk);
    for (int i = 0; i < FEW; i++)
        free(blocks[i]);
    pid_t child = fork();
    if (child == 0)
        _exit(before - spaces_chunk_count(spaces_default_chunk) == FEW ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0 ? NULL : "the child counts blocks that were freed";
}

static void test_fork_sends(void **state)
{
    (void)state;
    pthread_t thread;
    void *wrong = NULL;
    fill(FEW);
    assert_int_equal(pthread_create(&thread, NULL, frees_and_forks, NULL), 0);
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_a_look_sends, fresh),
    cmocka_unit_test_setup(test_the_end_of_a_thread_sends, fresh),
    cmocka_unit_test_setup(test_full_parcels_are_sent, fresh),
    cmocka_unit_test_setup(test_double_free_on_the_way, fresh),
    cmocka_unit_test_setup(test_fork_sends, fresh),
};

SUITE_MAIN(tests, NULL)
