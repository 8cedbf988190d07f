/*
 * mstress - everything at once: threads that come and go, sizes from 8 bytes to
 * 1 MiB, blocks that live a moment, a thread's life or longer, and blocks that
 * change hands through a shared table.
 *
 * Each round starts the threads anew. What a round leaves in the shared table
 * is freed by whichever thread of a later round meets it.
 */
#include "bench.h"

#include <stdatomic.h>
#include <stdlib.h>

#define USAGE "THREADS ROUNDS STEPS"

enum { SHARED = 1024, KEPT = 4096, WORD = sizeof(uint64_t) };

/* Every block opens with its size; every further 64th word (up to 1 KiB: every
 * word) holds the size too. */
static _Atomic(uint64_t *) shared[SHARED];
static uint64_t steps;

static size_t stride(size_t words)
{
    return words <= 128 ? 1 : 64;
}

static size_t draw_words(BenchRandom *random)
{
    uint64_t chance = bench_below(random, 1024);
    if (chance < 1)
        return bench_between(random, 8192, 131072); /* 64 KiB to 1 MiB */
    if (chance < 10)
        return bench_between(random, 1024, 8192); /* to 64 KiB */
    if (chance < 100)
        return bench_between(random, 64, 1024); /* to 8 KiB */
    return bench_between(random, 1, 64);        /* to 512 bytes */
}

static uint64_t *take(BenchRandom *random)
{
    size_t words = draw_words(random);
    uint64_t *block = bench_below(random, 32) == 0 ? calloc(words, WORD) : bench_take(words * WORD);
    if (block == NULL)
        bench_fail("calloc of %zu bytes returned NULL", words * WORD);
    for (size_t i = 0; i < words; i += stride(words))
        block[i] = words;
    return block;
}

static void give(uint64_t *block)
{
    if (block == NULL)
        return;
    size_t words = *block;
    for (size_t i = 0; i < words; i += stride(words)) {
        if (block[i] != words)
            bench_fail("block %p of %zu bytes was overwritten", (void *)block, words * WORD);
    }
    free(block);
}

static void *run(void *argument)
{
    BenchRandom random = bench_random((uint64_t)(uintptr_t)argument);
    uint64_t **kept = calloc(KEPT, sizeof *kept);
    if (kept == NULL)
        bench_fail("calloc returned NULL");
    for (uint64_t i = 0; i < steps; i++) {
        uint64_t *block = take(&random);
        uint64_t chance = bench_below(&random, 8);
        if (chance < 4) {
            give(block);
        } else if (chance < 7) {
            uint64_t **slot = &kept[bench_below(&random, KEPT)];
            give(*slot);
            *slot = block;
        } else {
            give(atomic_exchange(&shared[bench_below(&random, SHARED)], block));
        }
    }
    for (unsigned i = 0; i < KEPT; i++)
        give(kept[i]);
    free(kept);
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t threads = bench_argument(argc, argv, 1, USAGE);
    uint64_t rounds = bench_argument(argc, argv, 2, USAGE);
    steps = bench_argument(argc, argv, 3, USAGE) / threads;
    pthread_t *started = bench_take(threads * sizeof *started);
    for (uint64_t round = 0; round < rounds; round++) {
        for (uint64_t i = 0; i < threads; i++)
            started[i] = bench_start(run, (void *)(uintptr_t)(round * threads + i));
        for (uint64_t i = 0; i < threads; i++)
            bench_join(started[i]);
    }
    for (unsigned i = 0; i < SHARED; i++)
        give(atomic_exchange(&shared[i], NULL));
    free(started);
    return bench_finish(threads * rounds * steps);
}
