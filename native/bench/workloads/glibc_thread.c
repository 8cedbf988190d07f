/*
 * glibc-thread - random sizes in several threads, after glibc's threaded malloc
 * benchmark: each thread replaces random blocks among 1024 of its own; a size of
 * 4 bytes to 32 KiB is the rarer the larger it is (inverse square).
 */
#include "bench.h"

#include <stdlib.h>

#define USAGE "THREADS REPLACEMENTS"

enum { SMALLEST = 4, LARGEST = 32768, BLOCKS = 1024, DRAWS = 1 << 14 };

static uint32_t drawn_sizes[DRAWS];
static uint64_t replacements;

static void draw_sizes(void)
{
    BenchRandom random = bench_random(7);
    for (unsigned i = 0; i < DRAWS; i++) {
        double u = (double)(bench_next(&random) >> 11) * 0x1p-53;
        double low = 1.0 / SMALLEST, high = 1.0 / LARGEST;
        drawn_sizes[i] = (uint32_t)(1.0 / (low - u * (low - high)));
    }
}

static void *run(void *argument)
{
    BenchRandom random = bench_random((uint64_t)(uintptr_t)argument);
    void **blocks = calloc(BLOCKS, sizeof *blocks);
    uint32_t *sizes = calloc(BLOCKS, sizeof *sizes);
    if (blocks == NULL || sizes == NULL)
        bench_fail("calloc returned NULL");
    for (uint64_t i = 0; i < replacements; i++) {
        uint64_t draw = bench_next(&random);
        unsigned index = draw % BLOCKS;
        if (blocks[index] != NULL) {
            bench_verify(blocks[index], sizes[index], index);
            free(blocks[index]);
        }
        sizes[index] = drawn_sizes[(draw >> 32) % DRAWS];
        blocks[index] = bench_take(sizes[index]);
        bench_stamp(blocks[index], sizes[index], index);
    }
    for (unsigned index = 0; index < BLOCKS; index++) {
        if (blocks[index] != NULL)
            bench_verify(blocks[index], sizes[index], index);
        free(blocks[index]);
    }
    free(blocks);
    free(sizes);
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t threads = bench_argument(argc, argv, 1, USAGE);
    replacements = bench_argument(argc, argv, 2, USAGE) / threads;
    draw_sizes();
    pthread_t *started = bench_take(threads * sizeof *started);
    for (uint64_t i = 0; i < threads; i++)
        started[i] = bench_start(run, (void *)(uintptr_t)i);
    for (uint64_t i = 0; i < threads; i++)
        bench_join(started[i]);
    free(started);
    return bench_finish(threads * replacements);
}
