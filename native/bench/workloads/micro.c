/*
 * micro - nanoseconds of one malloc and its free, for one size and one order:
 *   pair        each block freed at once
 *   sequential  10,000 blocks allocated, then freed in that order
 *   random      10,000 blocks allocated, then freed in random order
 *   remote      as sequential, but freed by another thread, which sleeps meanwhile
 * The figure is CPU time; the loop's own few instructions are in it. One later
 * block stays, so that no allocator trims its heap between the passes.
 */
#include "bench.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "pair|sequential|random|remote SIZE PAIRS"

enum { BLOCKS = 10000 };

static void *blocks[BLOCKS], *later;
static uint32_t order[BLOCKS];
static sem_t filled, emptied;
static uint64_t passes;

static void shuffle(void)
{
    BenchRandom random = bench_random(5);
    for (unsigned i = BLOCKS - 1; i > 0; i--) {
        unsigned other = (unsigned)bench_below(&random, i + 1);
        uint32_t moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
}

static void fill(size_t size)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = bench_take(size);
        *(volatile char *)blocks[i] = 1;
    }
    if (later == NULL)
        later = bench_take(size);
}

static void empty(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[order[i]]);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
    }
}

static void *free_remotely(void *unused)
{
    for (uint64_t pass = 0; pass < passes; pass++) {
        wait_for(&filled);
        empty();
        sem_post(&emptied);
    }
    return unused;
}

static void run_passes(size_t size)
{
    for (uint64_t pass = 0; pass < passes; pass++) {
        fill(size);
        empty();
    }
}

static void run_remote(size_t size)
{
    sem_init(&filled, 0, 0);
    sem_init(&emptied, 0, 0);
    pthread_t thread = bench_start(free_remotely, NULL);
    for (uint64_t pass = 0; pass < passes; pass++) {
        fill(size);
        sem_post(&filled);
        wait_for(&emptied);
    }
    bench_join(thread);
}

static void run_pairs(size_t size, uint64_t pairs)
{
    for (uint64_t i = 0; i < pairs; i++) {
        void *block = bench_take(size);
        *(volatile char *)block = 1;
        free(block);
    }
}

int main(int argc, char **argv)
{
    const char *kind = bench_word(argc, argv, 1, USAGE);
    size_t size = bench_argument(argc, argv, 2, USAGE);
    uint64_t pairs = bench_argument(argc, argv, 3, USAGE);
    passes = (pairs + BLOCKS - 1) / BLOCKS;
    for (unsigned i = 0; i < BLOCKS; i++)
        order[i] = i;
    if (strcmp(kind, "pair") != 0)
        pairs = passes * BLOCKS;

    double start = bench_cpu_seconds();
    if (strcmp(kind, "pair") == 0) {
        run_pairs(size, pairs);
    } else if (strcmp(kind, "sequential") == 0) {
        run_passes(size);
    } else if (strcmp(kind, "random") == 0) {
        shuffle();
        start = bench_cpu_seconds();
        run_passes(size);
    } else if (strcmp(kind, "remote") == 0) {
        run_remote(size);
    } else {
        bench_fail("%s: unknown order \"%s\". Usage: %s %s", argv[0], kind, argv[0], USAGE);
    }
    bench_report("ns_per_pair", (bench_cpu_seconds() - start) * 1e9 / (double)pairs);
    free(later);
    return bench_finish(pairs);
}
