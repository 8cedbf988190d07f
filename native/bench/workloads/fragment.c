/*
 * fragmentation - how much memory a long mixed run holds for what is alive.
 *
 * The live bytes stay at one mark while phases change what they are made of:
 * small blocks, then middling, then large, then a mix. A phase allocates twice
 * the mark, freeing random blocks to stay below it; some blocks of every phase
 * stay to the end and pin what lies around them. The figure is resident memory
 * over live bytes, the mean of all phases' ends.
 */
#include "bench.h"

#include <stdlib.h>

#define USAGE "PHASES LIVE_MIB"

enum { MOST_BLOCKS = 1 << 22, PINNED = 64 };

typedef struct Block {
    void *address;
    uint32_t size;
} Block;

static const struct {
    uint32_t smallest, largest;
} PHASES[] = {{16, 128}, {128, 1024}, {1024, 16384}, {16, 4096}, {32, 64}, {16384, 262144}};

static Block *blocks;
static uint64_t block_count, live_bytes, allocated, pinned;

static void take(BenchRandom *random, size_t smallest, size_t largest)
{
    size_t size = bench_between(random, smallest, largest);
    if (block_count == MOST_BLOCKS)
        bench_fail("more than %d live blocks: choose a smaller LIVE_MIB", MOST_BLOCKS);
    Block *block = &blocks[block_count++];
    block->address = bench_take(size);
    block->size = (uint32_t)size;
    for (size_t at = 0; at < size; at += 4096)
        ((volatile unsigned char *)block->address)[at] = 1;
    bench_stamp(block->address, size, (unsigned)size);
    live_bytes += size;
    allocated++;
    /* One block in 64 moves to the front, where nothing is freed. */
    if (allocated % PINNED == 0 && size <= 4096) {
        Block moved = blocks[pinned];
        blocks[pinned++] = *block;
        blocks[block_count - 1] = moved;
    }
}

static void give(uint64_t index)
{
    Block *block = &blocks[index];
    bench_verify(block->address, block->size, block->size);
    free(block->address);
    live_bytes -= block->size;
    *block = blocks[--block_count];
}

int main(int argc, char **argv)
{
    uint64_t phases = bench_argument(argc, argv, 1, USAGE);
    uint64_t mark = bench_argument(argc, argv, 2, USAGE) << 20;
    blocks = bench_take(MOST_BLOCKS * sizeof *blocks);
    uint64_t own_kib = 0;
    BenchRandom random = bench_random(17);
    double sum = 0, worst = 0, last = 0;
    for (uint64_t phase = 0; phase < phases; phase++) {
        unsigned kind = phase % (sizeof PHASES / sizeof *PHASES);
        /* Pins of one phase in three stay; the rest may go. */
        if (phase % 3 == 0)
            pinned = pinned / 2;
        uint64_t before = live_bytes, done = 0;
        while (done < 2 * mark) {
            while (live_bytes > mark && block_count > pinned)
                give(pinned + bench_below(&random, block_count - pinned));
            before = live_bytes;
            take(&random, PHASES[kind].smallest, PHASES[kind].largest);
            done += live_bytes - before;
        }
        /* The table's own pages, as far as they were touched, are not the allocator's. */
        uint64_t table_kib = block_count * sizeof *blocks / 1024;
        own_kib = table_kib > own_kib ? table_kib : own_kib;
        last = (double)(bench_resident_kib() - own_kib) / ((double)live_bytes / 1024);
        worst = last > worst ? last : worst;
        sum += last;
    }
    while (block_count > 0)
        give(block_count - 1);
    free(blocks);
    bench_report("resident_per_live", sum / (double)phases);
    bench_report("resident_per_live_worst", worst);
    bench_report("resident_per_live_last", last);
    return bench_finish(allocated);
}
