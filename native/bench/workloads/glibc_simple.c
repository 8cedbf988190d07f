/*
 * glibc-simple - the fast path alone, after glibc's simple malloc benchmark:
 * one thread allocates 25 to 1600 blocks of one size, frees them in order, and
 * does it again, for sizes from 16 bytes to 1 KiB. One later block of each size
 * stays, so that no allocator trims its heap between the passes.
 */
#include "bench.h"

#include <stdlib.h>

#define USAGE "REPEATS"

enum { MOST = 1600 };

static const size_t SIZES[] = {16, 24, 32, 48, 64, 100, 128, 256, 512, 1024};
static const unsigned COUNTS[] = {MOST, 400, 100, 25};

int main(int argc, char **argv)
{
    uint64_t repeats = bench_argument(argc, argv, 1, USAGE);
    static void *blocks[MOST], *later[sizeof SIZES / sizeof *SIZES];
    uint64_t pairs = 0;
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
            /* The same number of blocks for each count. */
            uint64_t passes = repeats * (MOST / COUNTS[c]);
            for (uint64_t pass = 0; pass < passes; pass++) {
                for (unsigned i = 0; i < COUNTS[c]; i++)
                    blocks[i] = bench_take(SIZES[s]);
                if (later[s] == NULL)
                    later[s] = bench_take(SIZES[s]);
                for (unsigned i = 0; i < COUNTS[c]; i++)
                    free(blocks[i]);
            }
            pairs += passes * COUNTS[c];
        }
    }
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++)
        free(later[s]);
    return bench_finish(pairs);
}
