/*
 * grow - what one replacement (free, malloc) costs as something grows:
 *   live N      N live blocks of 32 bytes
 *   heap N      N MiB of live blocks of 16 bytes to 4 KiB
 *   threads N   N threads, 1000 live blocks of 16 bytes to 1 KiB each
 *   chunks N    N regions of 4 live blocks of 64 bytes; elsewhere malloc
 * The figure is CPU time of the replacements alone, in random order.
 */
#include "bench.h"
#include "region.h"

#include <stdlib.h>
#include <string.h>

#define USAGE "live|heap|threads|chunks N REPLACEMENTS"

enum { PER_THREAD = 1000, PER_CHUNK = 4, CHUNK_BLOCK = 64 };

static uint64_t replacements, threads;

static size_t some_size(BenchRandom *random, unsigned doublings)
{
    size_t low = (size_t)16 << bench_below(random, doublings);
    return bench_between(random, low, 2 * low);
}

static void *fresh_block(BenchRandom *random, unsigned doublings)
{
    size_t size = doublings ? some_size(random, doublings) : 32;
    char *block = bench_take(size);
    *(volatile char *)block = 1;
    return block;
}

static void replace_some(void **blocks, uint64_t count, uint64_t times, BenchRandom *random,
                         unsigned doublings)
{
    for (uint64_t i = 0; i < times; i++) {
        void **slot = &blocks[bench_below(random, count)];
        free(*slot);
        *slot = fresh_block(random, doublings);
    }
}

static double replace_all(uint64_t count, unsigned doublings)
{
    BenchRandom random = bench_random(3);
    void **blocks = bench_take(count * sizeof *blocks);
    for (uint64_t i = 0; i < count; i++)
        blocks[i] = fresh_block(&random, doublings);
    double start = bench_cpu_seconds();
    replace_some(blocks, count, replacements, &random, doublings);
    double cost = bench_cpu_seconds() - start;
    for (uint64_t i = 0; i < count; i++)
        free(blocks[i]);
    free(blocks);
    return cost;
}

static void *one_thread(void *number)
{
    BenchRandom random = bench_random((uint64_t)(uintptr_t)number);
    void **blocks = bench_take(PER_THREAD * sizeof *blocks);
    for (unsigned i = 0; i < PER_THREAD; i++)
        blocks[i] = fresh_block(&random, 6);
    replace_some(blocks, PER_THREAD, replacements / threads, &random, 6);
    for (unsigned i = 0; i < PER_THREAD; i++)
        free(blocks[i]);
    free(blocks);
    return NULL;
}

static double in_threads(void)
{
    pthread_t *all = bench_take(threads * sizeof *all);
    double start = bench_cpu_seconds();
    for (uint64_t i = 0; i < threads; i++)
        all[i] = bench_start(one_thread, (void *)(uintptr_t)i);
    for (uint64_t i = 0; i < threads; i++)
        bench_join(all[i]);
    free(all);
    return bench_cpu_seconds() - start;
}

static double in_chunks(uint64_t count)
{
    RegionFunctions region;
    if (!region_functions(&region))
        return replace_all(count * PER_CHUNK, 0);
    BenchRandom random = bench_random(7);
    SpacesChunk *chunks = bench_take(count * sizeof *chunks);
    void *(*blocks)[PER_CHUNK] = bench_take(count * sizeof *blocks);
    for (uint64_t i = 0; i < count; i++) {
        chunks[i] = region.create(0);
        for (unsigned b = 0; b < PER_CHUNK; b++)
            blocks[i][b] = region.alloc(chunks[i], CHUNK_BLOCK, 0);
    }
    double start = bench_cpu_seconds();
    for (uint64_t i = 0; i < replacements; i++) {
        uint64_t c = bench_below(&random, count);
        void **slot = &blocks[c][bench_below(&random, PER_CHUNK)];
        region.free(*slot);
        *slot = region.alloc(chunks[c], CHUNK_BLOCK, 0);
        if (*slot == NULL)
            bench_fail("a region of %d blocks gave no further block", PER_CHUNK);
    }
    double cost = bench_cpu_seconds() - start;
    for (uint64_t i = 0; i < count; i++)
        region.destroy(chunks[i]);
    free(blocks);
    free(chunks);
    return cost;
}

int main(int argc, char **argv)
{
    const char *kind = bench_word(argc, argv, 1, USAGE);
    uint64_t count = bench_argument(argc, argv, 2, USAGE);
    replacements = bench_argument(argc, argv, 3, USAGE);
    double cost = 0;
    if (strcmp(kind, "live") == 0) {
        cost = replace_all(count, 0);
    } else if (strcmp(kind, "heap") == 0) {
        /* Sizes of eight doublings, 1.5 times the lower end each: 765 bytes in the mean. */
        cost = replace_all((count << 20) / 765, 8);
    } else if (strcmp(kind, "threads") == 0) {
        threads = count;
        cost = in_threads();
    } else if (strcmp(kind, "chunks") == 0) {
        cost = in_chunks(count);
    } else {
        bench_fail("%s: unknown kind \"%s\". Usage: %s %s", argv[0], kind, argv[0], USAGE);
    }
    bench_report("ns_per_pair", cost * 1e9 / (double)replacements);
    return bench_finish(replacements);
}
