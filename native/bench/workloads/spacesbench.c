/*
 * spacesbench - sizes of real programs in many threads. size_histogram.h tells
 * how often compilers, interpreters and databases ask for which size.
 *
 * Each thread holds 2000 blocks. Most steps replace one of the 64 slots used
 * last (short lives), some any slot (long lives); some resize a block, some
 * take zeroed memory.
 */
#include "bench.h"
#include "size_histogram.h"

#include <stdlib.h>

#define USAGE "THREADS STEPS"

enum { BLOCKS = 2000, YOUNG = 64, DRAWS = 1 << 14, WEIGHTS = 1 << 16 };

static uint32_t drawn_sizes[DRAWS];
static uint64_t steps;

static void draw_sizes(void)
{
    BenchRandom random = bench_random(3);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t place = bench_below(&random, WEIGHTS);
        unsigned bucket = 0;
        while (place >= size_histogram[bucket].weight)
            place -= size_histogram[bucket++].weight;
        uint32_t above = bucket > 0 ? size_histogram[bucket - 1].largest : 0;
        drawn_sizes[i] =
            (uint32_t)bench_between(&random, above + 1, size_histogram[bucket].largest);
    }
}

typedef struct Slot {
    void *block;
    size_t size;
} Slot;

static void replace(Slot *slot, size_t size, unsigned chance)
{
    if (slot->block != NULL && chance < 6) {
        bench_verify(slot->block, slot->size, (unsigned)slot->size);
        slot->block = realloc(slot->block, size);
    } else {
        if (slot->block != NULL)
            bench_verify(slot->block, slot->size, (unsigned)slot->size);
        free(slot->block);
        slot->block = chance >= 124 ? calloc(1, size) : malloc(size);
    }
    if (slot->block == NULL)
        bench_fail("no block of %zu bytes", size);
    slot->size = size;
    bench_stamp(slot->block, size, (unsigned)size);
}

static void *run(void *argument)
{
    BenchRandom random = bench_random((uint64_t)(uintptr_t)argument);
    Slot *slots = calloc(BLOCKS, sizeof *slots);
    if (slots == NULL)
        bench_fail("calloc returned NULL");
    for (uint64_t i = 0; i < steps; i++) {
        uint64_t draw = bench_next(&random);
        unsigned kind = draw & 127;
        unsigned young = (unsigned)(i >> 4) + (draw >> 8) % YOUNG;
        unsigned index = (kind % 4 != 0 ? young : (unsigned)(draw >> 16)) % BLOCKS;
        replace(&slots[index], drawn_sizes[(draw >> 40) % DRAWS], kind);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        free(slots[i].block);
    free(slots);
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t threads = bench_argument(argc, argv, 1, USAGE);
    steps = bench_argument(argc, argv, 2, USAGE) / threads;
    draw_sizes();
    pthread_t *started = bench_take(threads * sizeof *started);
    for (uint64_t i = 0; i < threads; i++)
        started[i] = bench_start(run, (void *)(uintptr_t)i);
    for (uint64_t i = 0; i < threads; i++)
        bench_join(started[i]);
    free(started);
    return bench_finish(threads * steps);
}
