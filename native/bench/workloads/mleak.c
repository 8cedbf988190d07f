/*
 * mleak - threads created and destroyed, over and over: does each of them cost
 * a set-up, a system call, or memory that is never seen again?
 *
 * A round starts four threads at a time, 500 in all. A thread allocates and
 * frees a few dozen blocks and leaves one for the main thread to free.
 */
#include "bench.h"

#include <stdlib.h>

#define USAGE "ROUNDS"

enum { THREADS_PER_ROUND = 500, AT_ONCE = 4, BLOCKS = 40 };

typedef struct Task {
    uint64_t seed;
    void *left; /* out: the block for the main thread */
    size_t left_size;
} Task;

static void *run(void *argument)
{
    Task *task = argument;
    BenchRandom random = bench_random(task->seed);
    void *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        sizes[i] = bench_between(&random, 16, i % 8 == 0 ? 4096 : 256);
        blocks[i] = bench_take(sizes[i]);
        bench_stamp(blocks[i], sizes[i], i);
    }
    for (unsigned i = 1; i < BLOCKS; i++) {
        bench_verify(blocks[i], sizes[i], i);
        free(blocks[i]);
    }
    task->left = blocks[0];
    task->left_size = sizes[0];
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t rounds = bench_argument(argc, argv, 1, USAGE);
    for (uint64_t started = 0; started < rounds * THREADS_PER_ROUND; started += AT_ONCE) {
        pthread_t threads[AT_ONCE];
        Task tasks[AT_ONCE];
        for (unsigned i = 0; i < AT_ONCE; i++) {
            tasks[i].seed = started + i;
            threads[i] = bench_start(run, &tasks[i]);
        }
        for (unsigned i = 0; i < AT_ONCE; i++) {
            bench_join(threads[i]);
            bench_verify(tasks[i].left, tasks[i].left_size, 0);
            free(tasks[i].left);
        }
    }
    return bench_finish(rounds * THREADS_PER_ROUND);
}
