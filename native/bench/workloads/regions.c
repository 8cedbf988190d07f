/*
 * regions - what a region is for, each figure beside its alternative in the
 * same run: a chunk destroyed beside its blocks freed one by one, by how much
 * that grows with blocks and with slabs, what a block of a fixed chunk takes,
 * and an allocation and a free from one beside malloc's. Needs Spaces.
 */
#include "bench.h"
#include "region.h"

#include <stdlib.h>

#define USAGE "BLOCKS PAIRS"

typedef struct Teardown {
    double destroy, one_by_one; /* milliseconds */
    double slabs;               /* 64 KiB each */
} Teardown;

static RegionFunctions region;
static void **blocks;

/* Blocks of `least` to `most` bytes in a chunk of their own. */
static SpacesChunk filled(uint64_t count, size_t least, size_t most)
{
    SpacesChunk chunk = region.create(0);
    BenchRandom random = bench_random(11);
    for (uint64_t i = 0; i < count; i++) {
        size_t size = bench_between(&random, least, most);
        blocks[i] = region.alloc(chunk, size, 0);
        if (blocks[i] == NULL)
            bench_fail("no block of %zu bytes in the region", size);
        bench_stamp(blocks[i], size, (unsigned)i);
    }
    return chunk;
}

/* The best of three, as both are short. */
static Teardown teardown(uint64_t count, size_t least, size_t most)
{
    Teardown best = {1e9, 1e9, 0};
    for (int repeat = 0; repeat < 3; repeat++) {
        SpacesChunk chunk = filled(count, least, most);
        best.slabs = (double)region.size(chunk) / 65536;
        double start = bench_cpu_seconds();
        if (!region.destroy(chunk))
            bench_fail("spaces_chunk_destroy failed");
        double destroy = (bench_cpu_seconds() - start) * 1e3;
        chunk = filled(count, least, most);
        start = bench_cpu_seconds();
        for (uint64_t i = 0; i < count; i++)
            if (!region.free(blocks[i]))
                bench_fail("spaces_chunk_free failed");
        double one_by_one = (bench_cpu_seconds() - start) * 1e3;
        region.destroy(chunk);
        best.destroy = destroy < best.destroy ? destroy : best.destroy;
        best.one_by_one = one_by_one < best.one_by_one ? one_by_one : best.one_by_one;
    }
    return best;
}

/* Nanoseconds of an allocation and a free, `live` blocks being replaced in turn. */
static double pairs(SpacesChunk pool, size_t size, uint64_t count, uint64_t live)
{
    double best = 1e9;
    for (int repeat = 0; repeat < 5; repeat++) {
        for (uint64_t i = 0; i < live; i++)
            blocks[i] = pool ? region.alloc_fixed(pool) : bench_take(size);
        double start = bench_cpu_seconds();
        for (uint64_t i = 0, at = 0; i < count; i++, at = at + 1 < live ? at + 1 : 0) {
            if (pool) {
                region.free_fixed(blocks[at]);
                blocks[at] = region.alloc_fixed(pool);
            } else {
                free(blocks[at]);
                blocks[at] = malloc(size);
            }
            *(volatile char *)blocks[at] = 1;
        }
        double used = (bench_cpu_seconds() - start) * 1e9 / (double)count;
        best = used < best ? used : best;
        for (uint64_t i = 0; i < live; i++)
            pool ? (void)region.free_fixed(blocks[i]) : free(blocks[i]);
    }
    return best;
}

int main(int argc, char **argv)
{
    uint64_t count = bench_argument(argc, argv, 1, USAGE);
    uint64_t steps = bench_argument(argc, argv, 2, USAGE);
    if (!region_functions(&region))
        bench_fail("regions needs Spaces: run it with LD_PRELOAD=.../libspaces.so");
    blocks = bench_take(count * sizeof *blocks);

    Teardown mixed = teardown(count, 16, 256);
    bench_report("destroy_milliseconds", mixed.destroy);
    bench_report("free_one_by_one_milliseconds", mixed.one_by_one);
    bench_report("times_faster", mixed.one_by_one / mixed.destroy);
    /* An eighth of the blocks, of eight times the size, lie in as many slabs. */
    Teardown many = teardown(count, 64, 64), few = teardown(count / 8, 512, 512);
    bench_report("slabs_of_many_blocks", many.slabs);
    bench_report("slabs_of_an_eighth_of_them", few.slabs);
    bench_report("destroy_many_over_few", many.destroy / few.destroy);
    bench_report("free_many_over_few", many.one_by_one / few.one_by_one);

    static const unsigned short sizes[] = {16, 48, 256};
    static const char *const names[][3] = {
        {"bytes_a_block_16", "pool_16_nanoseconds", "malloc_16_nanoseconds"},
        {"bytes_a_block_48", "pool_48_nanoseconds", "malloc_48_nanoseconds"},
        {"bytes_a_block_256", "pool_256_nanoseconds", "malloc_256_nanoseconds"}};
    for (int i = 0; i < 3; i++) {
        SpacesChunk pool = region.create_fixed(sizes[i], 0, 0);
        uint64_t held = 0;
        for (; held < count && region.size(pool) <= (size_t)16 << 20; held++)
            if ((blocks[held] = region.alloc_fixed(pool)) == NULL)
                bench_fail("no block of %u bytes in the pool", sizes[i]);
        /* The last page is not full. */
        bench_report(names[i][0], (double)(region.size(pool) - 65536) / (double)held);
        for (uint64_t at = 0; at < held; at++)
            region.free_fixed(blocks[at]);
        bench_report(names[i][1], pairs(pool, sizes[i], steps, 100));
        bench_report(names[i][2], pairs(NULL, sizes[i], steps, 100));
        region.destroy(pool);
    }
    free(blocks);
    return bench_finish(count);
}
