/*
 * driver.c - feeds a fuzzed program for a while with inputs that follow from a
 * seed, where there is no fuzzer to do it. A run that fails tells its seed; that
 * seed alone repeats it:
 *
 *   PROGRAM [SECONDS [SEED]]     rounds from SEED on, for so long
 *   PROGRAM 0 SEED               the one round of that seed
 *   PROGRAM FILE                 what a fuzzer has kept
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define MOST_BYTES 6000u
/* No round takes this long, in seconds, but one that hangs. */
#define ROUND_LIMIT 60

static unsigned long long seed;
static char told[64];

static void failed(int signal_number)
{
    if (write(2, told, strlen(told)) < 0)
        _exit(3);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void announce(void)
{
    snprintf(told, sizeof told, "fuzz: failed in the round of seed %llu\n", seed);
}

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void one_round(void)
{
    static uint8_t input[MOST_BYTES];
    uint64_t state = seed;
    size_t size = next(&state) % MOST_BYTES;
    for (size_t i = 0; i < size; i++)
        input[i] = (uint8_t)next(&state);
    announce();
    alarm(ROUND_LIMIT);
    LLVMFuzzerTestOneInput(input, size);
}

static int from_file(const char *path)
{
    static uint8_t input[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 2;
    }
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);
    return LLVMFuzzerTestOneInput(input, size);
}

int main(int argc, char **argv)
{
    const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM};
    char *end = NULL;
    double seconds = argc > 1 ? strtod(argv[1], &end) : 2;
    if (end && *end)
        return from_file(argv[1]);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], failed);
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (unsigned long long)time(NULL) * 1000003u;
    printf("fuzz: seed %llu\n", seed);
    fflush(stdout);
    unsigned long long rounds = 0;
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        one_round();
        seed++;
        rounds++;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
             seconds);
    printf("fuzz: %llu rounds\n", rounds);
    return 0;
}
