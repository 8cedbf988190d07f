/* reclaim_test.c - memory that threads have and do not use comes back before the pool grows; a
 * class of which a thread uses little does not occupy memory that others have used. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>

enum { BYTES = 16 << 20, SIZE = 200, COUNT = BYTES / SIZE, OTHER = 1000 };
static unsigned char *blocks[COUNT];
static pthread_barrier_t sync_point;

static size_t heap_total(void)
{
    SpacesProcessInfo info;
    spaces_process_info(&info);
    return info.heapTotal;
}

static const SpSlab *slab_of(const void *block)
{
    uintptr_t p = (uintptr_t)block;
    const SpSegment *segment = (const SpSegment *)(p & ~(uintptr_t)(SP_SEGMENT_SIZE - 1));
    return &segment->slabs[p >> SP_SLAB_SHIFT & (SP_SLABS_PER_SEGMENT - 1)];
}

static void fill(void)
{
    for (int i = 0; i < COUNT; i++) {
        assert_non_null(blocks[i] = malloc(SIZE));
        *blocks[i] = (unsigned char)i;
    }
}

static void drop(void)
{
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(*blocks[i], (unsigned char)i);
        free(blocks[i]);
    }
}

static void *fills(void *unused)
{
    fill();
    return unused;
}

static void *fills_and_drops(void *heap)
{
    fill();
    *(const SpHeap **)heap = slab_of(blocks[0])->heap;
    drop();
    return NULL;
}

static void run(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* How much the process grows by as many bytes of another size. */
static size_t growth(void)
{
    enum { BLOCKS = BYTES / OTHER };
    static void *others[BLOCKS];
    size_t before = heap_total();
    for (int i = 0; i < BLOCKS; i++)
        assert_non_null(others[i] = malloc(OTHER));
    size_t after = heap_total();
    for (int i = 0; i < BLOCKS; i++)
        free(others[i]);
    return after - before;
}

static void test_a_parked_heap_keeps_little(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* the quarantine holds blocks of all slabs */
    const SpHeap *heap = NULL;
    run(fills_and_drops, &heap);
    assert_int_equal(heap->state, SP_HEAP_PARKED);
    assert_int_equal(heap->retained, 0);
    for (const SpSlab *slab = heap->slabs; slab; slab = slab->all_next)
        assert_true(slab->touched <= 4 || slab->used > 1);
}

static void test_what_is_freed_after_the_thread_comes_back(void **state)
{
    (void)state;
    if (is_debug_build())
        skip();
    run(fills, NULL);
    drop();
    assert_true(growth() < BYTES / 4);
}

static void *fills_and_waits(void *unused)
{
    fill();
    pthread_barrier_wait(&sync_point);
    pthread_barrier_wait(&sync_point);
    fill();
    drop();
    return unused;
}

static void test_what_is_freed_while_the_thread_waits_comes_back(void **state)
{
    (void)state;
    if (is_debug_build())
        skip();
    pthread_t thread;
    assert_int_equal(pthread_barrier_init(&sync_point, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, fills_and_waits, NULL), 0);
    pthread_barrier_wait(&sync_point);
    drop();
    size_t grown = growth();
    pthread_barrier_wait(&sync_point);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&sync_point);
    assert_true(grown < BYTES / 4);
    assert_int_equal(told.count, 0);
}

/* Blocks go round among threads that wait for each other: what is taken from one is never in use.
 */
enum { ROUNDS = 100, BATCH = 3000, PAIRS = 3 };
static unsigned char *batches[PAIRS][BATCH];
static pthread_barrier_t pair_points[PAIRS];

static void *makes(void *argument)
{
    int pair = (int)(intptr_t)argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BATCH; i++) {
            size_t size = 16 + (size_t)((round + i) % 40) * 24;
            batches[pair][i] = malloc(size);
            batches[pair][i][0] = batches[pair][i][size - 1] = (unsigned char)(round + i);
        }
        pthread_barrier_wait(&pair_points[pair]);
        pthread_barrier_wait(&pair_points[pair]);
    }
    return NULL;
}

static void *takes(void *argument)
{
    int pair = (int)(intptr_t)argument;
    const char *wrong = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&pair_points[pair]);
        for (int i = 0; i < BATCH; i++) {
            size_t size = 16 + (size_t)((round + i) % 40) * 24;
            unsigned char mark = (unsigned char)(round + i);
            if (batches[pair][i][0] != mark || batches[pair][i][size - 1] != mark)
                wrong = "a block changed";
            free(batches[pair][i]);
        }
        pthread_barrier_wait(&pair_points[pair]);
    }
    return (void *)(uintptr_t)wrong;
}

static void test_pairs_that_wait(void **state)
{
    (void)state;
    pthread_t threads[2 * PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(pthread_barrier_init(&pair_points[i], NULL, 2), 0);
        void *pair = (void *)(intptr_t)i;
        assert_int_equal(pthread_create(&threads[2 * i], NULL, makes, pair), 0);
        assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, takes, pair), 0);
    }
    const char *wrong = NULL;
    for (int i = 0; i < 2 * PAIRS; i++) {
        void *said;
        assert_int_equal(pthread_join(threads[i], &said), 0);
        wrong = said ? said : wrong;
    }
    for (int i = 0; i < PAIRS; i++)
        pthread_barrier_destroy(&pair_points[i]);
    assert_null(wrong);
    assert_int_equal(told.count, 0);
    assert_true(spaces_chunk_check(spaces_default_chunk));
}

static void *takes_one_of_each_class(void *whole)
{
    for (size_t size = 16; size <= 1024; size += 16) {
        void *block = malloc(size);
        *(int *)whole += slab_of(block)->touched > 4;
        free(block);
    }
    return NULL;
}

static void test_little_used_classes_leave_used_memory_to_others(void **state)
{
    (void)state;
    if (is_debug_build())
        skip();
    size_t before = spaces_process_set_grow_increment(4 << 20);
    fill();
    drop(); /* much memory that is there, and beside it some that never was */
    int whole = 0;
    run(takes_one_of_each_class, &whole);
    spaces_process_set_grow_increment(before);
    assert_true(whole < 8);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_little_used_classes_leave_used_memory_to_others, fresh),
    cmocka_unit_test_setup(test_a_parked_heap_keeps_little, fresh),
    cmocka_unit_test_setup(test_what_is_freed_after_the_thread_comes_back, fresh),
    cmocka_unit_test_setup(test_what_is_freed_while_the_thread_waits_comes_back, fresh),
    cmocka_unit_test_setup(test_pairs_that_wait, fresh),
};

SUITE_MAIN(tests, NULL)
