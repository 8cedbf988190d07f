/*
 * malloc-large - a program that keeps replacing large buffers: 5 to 25 MiB, 20
 * of them alive, each filled when it is new. What it costs beyond the filling
 * is page faults.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define USAGE "REPLACEMENTS"

enum { BUFFERS = 20, MIB = 1 << 20 };

int main(int argc, char **argv)
{
    uint64_t replacements = bench_argument(argc, argv, 1, USAGE);
    unsigned char *buffers[BUFFERS] = {NULL};
    size_t sizes[BUFFERS] = {0};
    BenchRandom random = bench_random(1);
    for (uint64_t i = 0; i < replacements; i++) {
        size_t index = bench_below(&random, BUFFERS);
        if (buffers[index] != NULL) {
            bench_verify(buffers[index], sizes[index], (unsigned)index);
            free(buffers[index]);
        }
        sizes[index] = bench_between(&random, 5 * MIB, 25 * MIB);
        buffers[index] = bench_take(sizes[index]);
        memset(buffers[index], (int)index, sizes[index]);
    }
    for (size_t index = 0; index < BUFFERS; index++) {
        if (buffers[index] != NULL)
            bench_verify(buffers[index], sizes[index], (unsigned)index);
        free(buffers[index]);
    }
    return bench_finish(replacements);
}
