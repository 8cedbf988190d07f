/*
 * teardown - throw away everything a task allocated: by spaces_chunk_destroy
 * where there are regions (`region`), else, and always for `free`, block by
 * block in the order of allocation. Building is not in the figure.
 */
#include "bench.h"
#include "region.h"

#include <stdlib.h>
#include <string.h>

#define USAGE "region|free BLOCKS REPEATS"

int main(int argc, char **argv)
{
    const char *kind = bench_word(argc, argv, 1, USAGE);
    uint64_t count = bench_argument(argc, argv, 2, USAGE);
    uint64_t repeats = bench_argument(argc, argv, 3, USAGE);
    if (strcmp(kind, "region") != 0 && strcmp(kind, "free") != 0)
        bench_fail("%s: \"%s\" is neither region nor free. Usage: %s", argv[0], kind, USAGE);
    RegionFunctions region;
    bool regions = strcmp(kind, "region") == 0 && region_functions(&region);
    void **blocks = bench_take(count * sizeof *blocks);
    BenchRandom random = bench_random(11);

    double teardown = 0;
    for (uint64_t repeat = 0; repeat < repeats; repeat++) {
        SpacesChunk chunk = regions ? region.create(0) : NULL;
        for (uint64_t i = 0; i < count; i++) {
            size_t size = bench_between(&random, 16, 256);
            blocks[i] = regions ? region.alloc(chunk, size, 0) : bench_take(size);
            if (blocks[i] == NULL)
                bench_fail("no block of %zu bytes in the region", size);
            bench_stamp(blocks[i], 16, (unsigned)i);
        }
        for (uint64_t i = 0; i < count; i++)
            bench_verify(blocks[i], 16, (unsigned)i);
        double start = bench_cpu_seconds();
        if (regions && !region.destroy(chunk))
            bench_fail("spaces_chunk_destroy failed");
        for (uint64_t i = 0; !regions && i < count; i++)
            free(blocks[i]);
        teardown += bench_cpu_seconds() - start;
    }
    free(blocks);
    bench_report_word("means", regions ? "spaces_chunk_destroy" : "free");
    bench_report("teardown_milliseconds", teardown * 1e3 / (double)repeats);
    return bench_finish(count * repeats);
}
