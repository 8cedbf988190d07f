/* threads_test.c - blocks that change threads, threads that come and go, destructors of
 * thread-specific data, and fork of a threaded program. */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t heap_total(void)
{
    SpacesProcessInfo info;
    spaces_process_info(&info);
    return info.heapTotal;
}

static size_t thread_heaps(void)
{
    size_t count = 0;
    for (const SpHeap *heap = chunk_of(spaces_default_chunk)->heaps; heap; heap = heap->next)
        count += heap->policy == SP_POLICY_THREAD;
    return count;
}

static void *in_thread(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, fn, argument), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

/* ---- remote frees ------------------------------------------------------------------ */

#define REMOTE 60000
static unsigned char *blocks[REMOTE];

static void *frees_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < REMOTE; i++) {
        if (*blocks[i] != (unsigned char)i)
            return "a block changed";
        free(blocks[i]);
    }
    return NULL;
}

static void test_full_slabs_are_refilled(void **state)
{
    (void)state;
    size_t size = 0;
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < REMOTE; i++) {
            blocks[i] = malloc(48 + (size_t)(i % 3) * 400);
            *blocks[i] = (unsigned char)i;
        }
        if (round == 1)
            size = spaces_chunk_size(spaces_default_chunk);
        /* The debug build's quarantine holds up to 8 MB back. */
        if (round > 1)
            assert_true(spaces_chunk_size(spaces_default_chunk) <=
                        size + (is_debug_build() ? (size_t)12 << 20 : (size_t)1 << 20));
        char *wrong = in_thread(frees_all, NULL);
        if (wrong)
            fail_msg("%s", wrong);
    }
    assert_int_equal(told.count, 0);
}

typedef struct Queue {
    void *ring[256];
    unsigned head, tail;
    pthread_mutex_t lock;
    pthread_cond_t change;
} Queue;

static void *consumes(void *argument)
{
    Queue *queue = argument;
    for (;;) {
        pthread_mutex_lock(&queue->lock);
        while (queue->head == queue->tail)
            pthread_cond_wait(&queue->change, &queue->lock);
        void *p = queue->ring[queue->tail++ % 256];
        pthread_cond_signal(&queue->change);
        pthread_mutex_unlock(&queue->lock);
        if (p == queue)
            return NULL;
        free(p);
    }
}

static void test_producer_and_consumer(void **state)
{
    (void)state;
    Queue queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    pthread_create(&thread, NULL, consumes, &queue);
    size_t before = 0;
    for (int i = 0; i <= 200000; i++) {
        void *p = i < 200000 ? malloc((size_t)(i % 500) + 1) : &queue;
        pthread_mutex_lock(&queue.lock);
        while (queue.head - queue.tail == 256)
            pthread_cond_wait(&queue.change, &queue.lock);
        queue.ring[queue.head++ % 256] = p;
        pthread_cond_signal(&queue.change);
        pthread_mutex_unlock(&queue.lock);
        if (i == 100000)
            before = spaces_chunk_size(spaces_default_chunk);
    }
    pthread_join(thread, NULL);
    assert_true(spaces_chunk_size(spaces_default_chunk) <= before + ((size_t)4 << 20));
    assert_int_equal(spaces_chunk_check(spaces_default_chunk), 1);
    report_expect_none();
}

/* ---- threads that come and go -------------------------------------------------------- */

static void *short_life(void *argument)
{
    void *mine[50];
    for (int i = 0; i < 50; i++)
        memset(mine[i] = malloc((size_t)i * 20 + 1), 1, (size_t)i * 20 + 1);
    for (int i = 0; i < 49; i++)
        free(mine[i]);
    *(void **)argument = mine[49];
    return NULL;
}

static void test_heaps_of_ended_threads_are_reused(void **state)
{
    (void)state;
    void *left;
    size_t heaps = 0, total = 0;
    for (int i = 0; i < 4000; i++) {
        in_thread(short_life, &left);
        free(left); /* outlives its thread */
        if (i == 500) {
            heaps = thread_heaps();
            total = heap_total();
        }
    }
    assert_int_equal(thread_heaps(), heaps);
    assert_true(heap_total() <= total + ((size_t)2 << 20));
    assert_int_equal(told.count, 0);
}

static void *cleans_up_and_goes_on(void *argument)
{
    char *p = malloc(100);
    strcpy(p, "before");
    spaces_thread_cleanup();
    char *q = malloc(100);
    if (strcmp(p, "before"))
        return argument;
    free(p);
    free(q);
    spaces_thread_cleanup();
    spaces_thread_cleanup();
    return NULL;
}

static void test_thread_cleanup(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_null(in_thread(cleans_up_and_goes_on, &told));
    assert_int_equal(told.count, 0);
}

/* ---- destructors ------------------------------------------------------------------------ */

static pthread_key_t keys[4];
static int destroyed;

static void destructor(void *value)
{
    char *p = malloc(3000), *q = calloc(10, 10);
    memset(p, 2, 3000);
    q = realloc(q, 5000);
    free(value);
    free(p);
    free(q);
    if (__atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST) % 3)
        pthread_setspecific(keys[1], malloc(64)); /* another round */
}

static void *has_destructors(void *unused)
{
    for (int i = 0; i < 4; i++)
        pthread_setspecific(keys[i], malloc(100));
    return unused;
}

static void *has_destructors_but_no_heap_before(void *value)
{
    pthread_setspecific(keys[0], value);
    return NULL;
}

static void test_destructors_allocate(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_key_create(&keys[i], destructor), 0);
    size_t total = 0;
    for (int i = 0; i < 600; i++) {
        in_thread(has_destructors, NULL);
        in_thread(has_destructors_but_no_heap_before, malloc(40));
        if (i == 100)
            total = heap_total();
    }
    assert_true(destroyed >= 600 * 5);
    assert_true(heap_total() <= total + ((size_t)4 << 20));
    assert_int_equal(told.count, 0);
    for (int i = 0; i < 4; i++)
        pthread_key_delete(keys[i]);
}

/* ---- fork ---------------------------------------------------------------------------------- */

static volatile int stop;
static SpacesChunk shared_chunk;

static void *busy(void *argument)
{
    uint64_t random = (uintptr_t)argument + 17;
    while (!stop) {
        void *p = malloc(random_next(&random) % 3000);
        void *large = malloc(200000 + random_next(&random) % 400000);
        void *q = spaces_chunk_alloc(shared_chunk, 100, 0);
        p = realloc(p, 5000);
        spaces_chunk_free(q);
        free(large);
        free(p);
    }
    return NULL;
}

/* What a child of fork may want: everything. Must end, whatever the others held. */
static int uses_the_heap(void)
{
    void *mine[200];
    for (int i = 0; i < 200; i++)
        mine[i] = malloc((size_t)i * i * 10);
    for (int i = 0; i < 200; i++)
        free(mine[i]);
    void *p = spaces_chunk_alloc(shared_chunk, 100, 0);
    SpacesChunk one = spaces_chunk_create(0);
    if (!p || !one || !spaces_chunk_alloc(one, 10, 0) || !spaces_chunk_free(p) ||
        !spaces_chunk_destroy(one))
        return 3;
    pthread_t thread;
    void *left;
    if (pthread_create(&thread, NULL, short_life, &left) || pthread_join(thread, NULL))
        return 4;
    free(left);
    return 0;
}

static void test_fork_of_a_threaded_program(void **state)
{
    (void)state;
    shared_chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    stop = 0;
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, busy, (void *)i);
    for (int i = 0; i < 150; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (!pid) {
            alarm(20);
            _exit(uses_the_heap());
        }
        int status;
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status)) {
            stop = 1;
            fail_msg("child %d ended with status %#x", i, status);
        }
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(spaces_chunk_count(shared_chunk), 0);
    spaces_chunk_destroy(shared_chunk);
    assert_int_equal(told.count, 0);
}

static int forks_again(void *unused)
{
    (void)unused;
    shared_chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    pid_t pid = fork();
    if (!pid)
        exit(uses_the_heap());
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 9;
}

static void test_fork_in_a_fork(void **state)
{
    (void)state;
    Ended ended;
    run_child(forks_again, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 0);
}

static void test_fork_and_exec(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "echo out; echo err >&2; exit 7", NULL};
    Ended ended;
    run_command(argv, NULL, &ended);
    assert_int_equal(ended.code, 7);
    assert_string_equal(ended.output, "out\n");
    assert_string_equal(ended.errors, "err\n");
}

/* A thread that holds a chunk's lock when another forks: the chunk can be used in the child. */
static void *locks_and_waits(void *argument)
{
    pthread_barrier_t *barrier = argument;
    spaces_chunk_lock(shared_chunk);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    spaces_chunk_unlock(shared_chunk);
    return NULL;
}

static void test_fork_while_a_chunk_is_locked(void **state)
{
    (void)state;
    shared_chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    free(spaces_chunk_alloc(shared_chunk, 10, 0));
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, locks_and_waits, &barrier);
    pthread_barrier_wait(&barrier);
    pid_t pid = fork();
    if (!pid) {
        alarm(20);
        _exit(spaces_chunk_alloc(shared_chunk, 10, 0) ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    assert_int_equal(status, 0);
    /* The parent's lock is as it was. */
    assert_non_null(spaces_chunk_alloc(shared_chunk, 10, 0));
    spaces_chunk_destroy(shared_chunk);
    pthread_barrier_destroy(&barrier);
}

/* ---- a check while threads are at work ------------------------------------------- */

static bool at_work;

static void *works(void *argument)
{
    uint64_t random = (uintptr_t)argument + 1;
    void *mine[256] = {0};
    while (__atomic_load_n(&at_work, __ATOMIC_RELAXED)) {
        size_t i = random_next(&random) % 256;
        free(mine[i]);
        mine[i] = malloc(random_next(&random) % (i % 50 ? 400 : 40000) + 1);
    }
    for (size_t i = 0; i < 256; i++)
        free(mine[i]);
    return NULL;
}

static void *damages_and_stays(void *sync)
{
    static unsigned char *block;
    block = opaque(malloc(40));
    free(block);
    /* No call of libc: that would be told at once. */
    volatile uint32_t *word = (volatile uint32_t *)(void *)block;
    uint32_t link = *word;
    *word = 0x41414141;
    pthread_barrier_wait(sync);
    pthread_barrier_wait(sync);
    *word = link;
    return NULL;
}

static void test_check_beside_threads(void **state)
{
    (void)state;
    pthread_t threads[3];
    __atomic_store_n(&at_work, true, __ATOMIC_RELAXED);
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, works, (void *)i), 0);
    int good = 0;
    for (int i = 0; i < 60; i++)
        good += spaces_chunk_check(spaces_default_chunk);
    __atomic_store_n(&at_work, false, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(told.count, 0);
    assert_int_equal(good, 60);
}

static void test_check_finds_damage_of_a_running_thread(void **state)
{
    (void)state;
    pthread_barrier_t sync;
    pthread_barrier_init(&sync, NULL, 2);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, damages_and_stays, &sync), 0);
    pthread_barrier_wait(&sync);
    int good = spaces_chunk_check(spaces_default_chunk);
    int count = told.count;
    pthread_barrier_wait(&sync);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&sync);
    assert_int_equal(good, 0);
    assert_int_equal(count, 1);
    assert_int_equal(told.info.errorCode, SPACES_ERR_BAD_FREE_BLOCK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_full_slabs_are_refilled, fresh),
    cmocka_unit_test_setup(test_producer_and_consumer, fresh),
    cmocka_unit_test_setup(test_heaps_of_ended_threads_are_reused, fresh),
    cmocka_unit_test_setup(test_thread_cleanup, fresh),
    cmocka_unit_test_setup(test_destructors_allocate, fresh),
    cmocka_unit_test_setup(test_fork_of_a_threaded_program, fresh),
    cmocka_unit_test_setup(test_fork_in_a_fork, fresh),
    cmocka_unit_test_setup(test_fork_and_exec, fresh),
    cmocka_unit_test_setup(test_fork_while_a_chunk_is_locked, fresh),
    cmocka_unit_test_setup(test_check_beside_threads, fresh),
    cmocka_unit_test_setup(test_check_finds_damage_of_a_running_thread, fresh),
};

SUITE_MAIN(tests, NULL)
