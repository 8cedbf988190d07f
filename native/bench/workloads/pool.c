/*
 * pool - one kind of object, many of them: a fixed chunk where there are
 * regions, else malloc and free. 10,000 objects live; random ones are replaced.
 */
#include "bench.h"
#include "region.h"

#include <stdlib.h>

#define USAGE "SIZE REPLACEMENTS"

enum { OBJECTS = 10000 };

int main(int argc, char **argv)
{
    size_t size = bench_argument(argc, argv, 1, USAGE);
    uint64_t replacements = bench_argument(argc, argv, 2, USAGE);
    RegionFunctions region;
    bool regions = region_functions(&region);
    SpacesChunk pool = regions ? region.create_fixed((unsigned short)size, OBJECTS, 0) : NULL;
    if (regions && pool == NULL)
        bench_fail("spaces_chunk_create_fixed(%zu) failed", size);
    static void *objects[OBJECTS];
    BenchRandom random = bench_random(13);

    double start = bench_cpu_seconds();
    for (uint64_t i = 0; i < OBJECTS + replacements; i++) {
        unsigned index = i < OBJECTS ? (unsigned)i : (unsigned)bench_below(&random, OBJECTS);
        if (objects[index] != NULL) {
            bench_verify(objects[index], size, index);
            if (!regions)
                free(objects[index]);
            else if (!region.free_fixed(objects[index]))
                bench_fail("spaces_chunk_free_fixed failed");
        }
        objects[index] = regions ? region.alloc_fixed(pool) : bench_take(size);
        if (objects[index] == NULL)
            bench_fail("no object of %zu bytes", size);
        bench_stamp(objects[index], size, index);
    }
    double used = bench_cpu_seconds() - start;
    if (regions && !region.destroy(pool))
        bench_fail("spaces_chunk_destroy failed");
    for (unsigned i = 0; !regions && i < OBJECTS; i++)
        free(objects[i]);
    bench_report_word("means", regions ? "spaces_chunk_alloc_fixed" : "malloc");
    bench_report("ns_per_pair", used * 1e9 / (double)(OBJECTS + replacements));
    return bench_finish(OBJECTS + replacements);
}
