/*
 * creep - whether memory goes on growing while what is alive does not.
 *
 * A long mixed run: in each round threads start anew, the sizes they ask for
 * shift (small, middling, large, all), blocks change hands through a table that
 * lives as long as the process, and a few stay for dozens of rounds. Resident
 * memory is looked at after each round. The figure is its peak in the last half
 * of the run over its peak in the first half; 1 and less is no growth.
 */
#include "bench.h"

#include <stdatomic.h>
#include <stdlib.h>

#define USAGE "THREADS ROUNDS"

enum {
    STEPS = 6000,
    SHARED = 8192,
    KEPT = 256,
    LONG = 8192,
    SHARED_MOST = 16384,
    LONG_MOST = 4096
};

static const struct {
    uint32_t smallest, largest;
} KINDS[] = {{8, 256}, {64, 2048}, {1024, 16384}, {8, 65536}, {4096, 131072}};

/* Every block opens with its size. */
static _Atomic(uint64_t *) shared[SHARED], long_lived[LONG];
static uint64_t threads;

static uint64_t *take(BenchRandom *random, uint64_t round)
{
    unsigned kind = round / 3 % (sizeof KINDS / sizeof *KINDS);
    size_t largest = KINDS[kind].largest;
    /* Sizes by octaves: as many between 64 and 128 as between 128 and 256. */
    while (largest > KINDS[kind].smallest * 2 && bench_below(random, 2))
        largest /= 2;
    size_t size = bench_between(random, largest / 2, largest);
    uint64_t *block = bench_take(size < sizeof *block ? sizeof *block : size);
    *block = size;
    ((volatile unsigned char *)block)[size - 1] = ((volatile unsigned char *)block)[size - 1];
    return block;
}

static void give(uint64_t *block)
{
    if (block == NULL)
        return;
    if (*block > KINDS[4].largest)
        bench_fail("block %p was overwritten", (void *)block);
    free(block);
}

static void *run(void *number)
{
    uint64_t round = (uint64_t)(uintptr_t)number / threads;
    BenchRandom random = bench_random((uint64_t)(uintptr_t)number);
    uint64_t **kept = calloc(KEPT, sizeof *kept);
    if (kept == NULL)
        bench_fail("calloc returned NULL");
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t *block = take(&random, round);
        uint64_t chance = bench_below(&random, 64);
        if (chance < 32 || *block > SHARED_MOST) {
            uint64_t **slot = &kept[bench_below(&random, KEPT)];
            give(*slot);
            *slot = block;
        } else if (chance < 63 || *block > LONG_MOST) {
            give(atomic_exchange(&shared[bench_below(&random, SHARED)], block));
        } else {
            give(atomic_exchange(&long_lived[bench_below(&random, LONG)], block));
        }
    }
    for (unsigned i = 0; i < KEPT; i++)
        give(kept[i]);
    free(kept);
    return NULL;
}

static double most(const uint64_t *resident, uint64_t count)
{
    uint64_t peak = 0;
    for (uint64_t i = 0; i < count; i++)
        peak = resident[i] > peak ? resident[i] : peak;
    return (double)peak;
}

int main(int argc, char **argv)
{
    threads = bench_argument(argc, argv, 1, USAGE);
    uint64_t rounds = bench_argument(argc, argv, 2, USAGE);
    if (rounds < 2)
        bench_fail("creep needs two rounds at least. Usage: %s %s", argv[0], USAGE);
    pthread_t *started = bench_take(threads * sizeof *started);
    uint64_t *resident = bench_take(rounds * sizeof *resident);
    for (uint64_t round = 0; round < rounds; round++) {
        for (uint64_t i = 0; i < threads; i++)
            started[i] = bench_start(run, (void *)(uintptr_t)(round * threads + i));
        for (uint64_t i = 0; i < threads; i++)
            bench_join(started[i]);
        resident[round] = bench_resident_kib();
    }
    double first = most(resident, rounds / 2);
    double last = most(resident + rounds / 2, rounds - rounds / 2);
    for (unsigned i = 0; i < SHARED; i++)
        give(atomic_exchange(&shared[i], NULL));
    for (unsigned i = 0; i < LONG; i++)
        give(atomic_exchange(&long_lived[i], NULL));
    free(resident);
    free(started);
    bench_report("resident_growth", last / first);
    bench_report("resident_first_kib", first);
    bench_report("resident_last_kib", last);
    return bench_finish(threads * rounds * STEPS);
}
