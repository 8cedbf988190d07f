/* process_test.c - every setting of the process does something that can be seen: what the heap
 * takes at a time, what it keeps, which addresses stay mapped, what a fork finds. */
#define _GNU_SOURCE
#include "pages.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static SpacesChunk chunk;
static SpacesProcessInfo as_found;

static int with_chunk(void **state)
{
    fresh(state);
    spaces_process_flush_all();
    as_found = process_info();
    chunk = spaces_chunk_create(0);
    return chunk ? 0 : -1;
}

static int without_chunk(void **state)
{
    (void)state;
    reports_drop();
    spaces_process_set_grow_increment(as_found.growIncrement);
    spaces_process_set_free_bytes(as_found.freeBytes);
    spaces_process_set_large_threshold(as_found.largeBlockThreshold);
    spaces_process_use_munmap(as_found.useMunmap);
    spaces_process_coalesce_allocs(as_found.coelesceSystemAllocs);
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

/* Free for good: the debug build's quarantine holds no large block back. */
static void let_go(void *p)
{
    assert_int_equal(spaces_chunk_free(p), 1);
    quarantine_let_go();
}

static void *touched(size_t size)
{
    char *p = spaces_chunk_alloc(chunk, size, 0);
    assert_non_null(p);
    return memset(p, 1, size);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(as_found.growIncrement, MB);
    assert_int_equal(as_found.freeBytes, SIZE_MAX);
    assert_int_equal(as_found.heapLimit, SIZE_MAX);
    assert_int_equal(as_found.largeBlockThreshold, 32 * MB);
}

/* ---- what is taken at a time
 * ---------------------------------------------------------------------- */

/* By how much the heap grew each time that it did, while blocks of a slab each are taken. */
static size_t usual_step(void)
{
    size_t largest = 0, before = process_info().heapTotal, times = 0;
    for (int i = 0; i < 60000 && times < 4; i++) {
        touched(1000);
        size_t now = process_info().heapTotal;
        if (now == before)
            continue;
        if (times++ && now - before > largest) /* the first may be cut short */
            largest = now - before;
        before = now;
    }
    return largest;
}

static void test_grow_increment(void **state)
{
    (void)state;
    if (is_debug_build())
        skip(); /* records are counted, too */
    assert_int_equal(spaces_chunk_set_small_block_size(chunk, 1024),
                     1); /* slabs alone are counted */
    static const size_t steps[] = {64 << 10, 512 << 10, 2 << 20};
    for (size_t i = 0; i < 3; i++) {
        spaces_process_set_grow_increment(steps[i]);
        size_t step = usual_step();
        assert_in_range(step, steps[i], steps[i] + 65536); /* and a new segment's header */
    }
    spaces_process_set_grow_increment(100000);
    assert_int_equal(process_info().growIncrement, 131072);
    assert_int_equal(spaces_process_set_grow_increment(0), 131072);
    assert_int_equal(spaces_process_set_grow_increment(64 * MB), 65536);
    assert_int_equal(process_info().growIncrement, 4 * MB);
}

/* ---- what is kept
 * ----------------------------------------------------------------------------------- */

enum { MANY = 32 };
static void *blocks[MANY];

/* Free 32 blocks of 1 MB, then count their pages that are still in memory. */
static size_t kept_after_freeing(void)
{
    for (int i = 0; i < MANY; i++)
        blocks[i] = touched(MB - 4096);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(spaces_chunk_free(blocks[i]), 1);
    quarantine_let_go();
    size_t kept = 0;
    for (int i = 0; i < MANY; i++)
        kept += resident(blocks[i], MB - 4096);
    return kept * PAGE;
}

static void test_free_bytes(void **state)
{
    (void)state;
    if (!is_debug_build()) /* which gives a large block's inside back when it is freed */
        assert_true(kept_after_freeing() >= 28 * MB);
    assert_int_equal(spaces_process_set_free_bytes(4 * MB), SIZE_MAX);
    assert_true(kept_after_freeing() <= 6 * MB);
    assert_int_equal(process_info().freeBytes, 4 * MB);
    assert_int_equal(spaces_process_set_free_bytes(SIZE_MAX), 4 * MB);
}

static void test_setting_free_bytes_acts_at_once(void **state)
{
    (void)state;
    char *p = touched(24 * MB);
    let_go(p);
    spaces_process_set_free_bytes(0);
    assert_int_equal(resident(p, 24 * MB), 0);
}

static void test_large_threshold(void **state)
{
    (void)state;
    /* Below: kept and given again. */
    char *p = touched(8 * MB);
    let_go(p);
    assert_true(is_mapped(p));
    assert_ptr_equal(touched(8 * MB), p);
    let_go(p);
    /* Above: from the system and back to it. */
    assert_int_equal(spaces_process_set_large_threshold(MB), 32 * MB);
    p = touched(12 * MB);
    size_t total = process_info().heapTotal;
    let_go(p);
    assert_false(is_mapped(p));
    assert_true(process_info().heapTotal <= total - 12 * MB);
    /* So, too, where a block would fit a run of slabs. */
    p = touched(3 * MB / 2);
    total = process_info().heapTotal;
    let_go(p);
    assert_false(is_mapped(p));
    assert_true(process_info().heapTotal <= total - 3 * MB / 2);
    p = touched(MB / 2);
    let_go(p);
    assert_true(is_mapped(p));
}

static void test_use_munmap(void **state)
{
    (void)state;
    char *p = touched(16 * MB);
    assert_int_equal(spaces_process_use_munmap(0), 1);
    let_go(p);
    spaces_process_flush_all();
    assert_true(is_mapped(p)); /* the address space stays, the memory goes */
    assert_int_equal(resident(p, 16 * MB), 0);
    assert_ptr_equal(touched(16 * MB), p);
    assert_int_equal(spaces_process_use_munmap(1), 0);
    let_go(p);
    spaces_process_flush_all();
    assert_false(is_mapped(p));
}

static void test_no_munmap_above_the_threshold(void **state)
{
    (void)state;
    spaces_process_use_munmap(0);
    spaces_process_set_large_threshold(4 * MB);
    char *p = touched(16 * MB);
    let_go(p);
    assert_true(is_mapped(p));
    assert_int_equal(resident(p, 16 * MB), 0);
}

/* Two neighbours, freed: is one block of twice the size made of them? */
static bool joins_neighbours(void)
{
    enum { COUNT = 8 };
    char *p[COUNT];
    spaces_process_flush_all();
    for (int i = 0; i < COUNT; i++)
        p[i] = touched(10 * MB); /* 12 MiB of address space each */
    int upper = -1;
    for (int i = 0; i + 1 < COUNT; i++)
        if (p[i] - p[i + 1] == 12 * (long)MB)
            upper = i;
    assert_true(upper >= 0);
    char *low = p[upper + 1];
    for (int i = upper; i <= upper + 1; i++)
        assert_int_equal(spaces_chunk_free(p[i]), 1);
    quarantine_let_go();
    char *big = touched(22 * MB);
    let_go(big);
    for (int i = 0; i < COUNT; i++)
        if (i != upper && i != upper + 1)
            let_go(p[i]);
    return big == low;
}

static void test_coalescing(void **state)
{
    (void)state;
    assert_int_equal(spaces_process_coalesce_allocs(0), 1);
    assert_false(joins_neighbours());
    assert_int_equal(spaces_process_coalesce_allocs(1), 0);
    assert_true(joins_neighbours());
}

static void test_flush_all(void **state)
{
    (void)state;
    SpacesChunk one = spaces_chunk_create(0);
    char *small = NULL;
    for (int i = 0; i < 100000; i++)
        memset(small = spaces_chunk_alloc(one, 100, 0), 1, 100);
    char *large = memset(spaces_chunk_alloc(one, 9 * MB, 0), 1, 9 * MB);
    size_t total = process_info().heapTotal;
    assert_int_equal(spaces_chunk_destroy(one), 1);
    assert_int_equal(process_info().heapTotal, total); /* kept for the next one */
    assert_true(is_mapped(large));
    assert_int_equal(resident(small, 1), 1);
    spaces_process_flush_all();
    assert_false(is_mapped(large));
    assert_int_equal(resident(small, 1), 0);
    assert_true(process_info().heapTotal <= total - 9 * MB);
    assert_non_null(touched(1000)); /* and goes on */
}

/* ---- fork
 * -----------------------------------------------------------------------------------------------
 */

static pthread_barrier_t barrier;
static SpacesChunk locked;

static void *locks_and_waits(void *unused)
{
    spaces_chunk_lock(locked);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    spaces_chunk_unlock(locked);
    return unused;
}

/* How a child ends that uses a chunk which another thread had locked when it was forked. */
static int child_of_a_locked_chunk(void)
{
    locked = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    spaces_chunk_set_max_subchunks(locked, 1);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, locks_and_waits, NULL);
    pthread_barrier_wait(&barrier);
    pid_t pid = fork();
    if (!pid) {
        alarm(2);
        _exit(spaces_chunk_alloc(locked, 10, 0) ? 7 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

static int with_handlers(void *unused)
{
    (void)unused;
    return child_of_a_locked_chunk();
}

static int without_handlers(void *unused)
{
    (void)unused;
    spaces_process_disable_fork_handlers();
    return child_of_a_locked_chunk();
}

static void test_fork_handlers(void **state)
{
    (void)state;
    Ended ended;
    run_child(with_handlers, NULL, &ended);
    assert_int_equal(ended.code, 7);
    run_child(without_handlers, NULL, &ended);
    assert_int_equal(ended.code, SIGALRM); /* the lock's owner does not exist in the child */
}

#define PROCESS_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    PROCESS_TEST(test_defaults),
    PROCESS_TEST(test_grow_increment),
    PROCESS_TEST(test_free_bytes),
    PROCESS_TEST(test_setting_free_bytes_acts_at_once),
    PROCESS_TEST(test_large_threshold),
    PROCESS_TEST(test_use_munmap),
    PROCESS_TEST(test_no_munmap_above_the_threshold),
    PROCESS_TEST(test_coalescing),
    PROCESS_TEST(test_flush_all),
    cmocka_unit_test_setup(test_fork_handlers, fresh),
};

SUITE_MAIN(tests, NULL)
