/*
 * bench.h - what every workload shares: arguments, random numbers, stamps that
 * prove a block is its owner's alone, clocks, and the report the driver reads.
 *
 * A workload does a fixed amount of work, so that its cost can be compared. It
 * prints `name value` lines on stdout, `operations` always, and ends with 0; on
 * damage or a refused allocation it says so on stderr and ends with 1.
 */
#ifndef SPACES_BENCH_H
#define SPACES_BENCH_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Seeded generator (xorshift64*); one per thread. */
typedef struct BenchRandom {
    uint64_t state;
} BenchRandom;

static inline BenchRandom bench_random(uint64_t seed)
{
    BenchRandom random = {(seed + 1) * 0x9e3779b97f4a7c15u};
    return random;
}

static inline uint64_t bench_next(BenchRandom *random)
{
    uint64_t x = random->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * 0x2545f4914f6cdd1du;
}

/** 0 to limit - 1, for limits below 2^32. */
static inline uint64_t bench_below(BenchRandom *random, uint64_t limit)
{
    return ((bench_next(random) >> 32) * limit) >> 32;
}

/** low to high, both included. */
static inline size_t bench_between(BenchRandom *random, size_t low, size_t high)
{
    return low + bench_below(random, high - low + 1);
}

/** End the program with a message. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** Number argv[index], at least 1; ends the program with the usage where it is none. */
uint64_t bench_argument(int argc, char **argv, int index, const char *usage);
/** Word argv[index]; ends the program with the usage where there is none. */
const char *bench_word(int argc, char **argv, int index, const char *usage);

/** malloc, or the end of the program. */
void *bench_take(size_t size);

/** Mark both ends of a block of `size` > 0 bytes. */
static inline void bench_stamp(void *block, size_t size, unsigned mark)
{
    ((volatile unsigned char *)block)[size - 1] = (unsigned char)mark;
    *(volatile unsigned char *)block = (unsigned char)mark;
}

/** End the program where the marks of bench_stamp are gone. */
static inline void bench_verify(const void *block, size_t size, unsigned mark)
{
    const volatile unsigned char *bytes = (const volatile unsigned char *)block;
    if (bytes[0] != (unsigned char)mark || bytes[size - 1] != (unsigned char)mark)
        bench_fail("block %p of %zu bytes was overwritten", block, size);
}

/** Start a thread, or end the program. */
pthread_t bench_start(void *(*run)(void *), void *argument);
void bench_join(pthread_t thread);

/** CPU time of the process in seconds, user and system, all threads. */
double bench_cpu_seconds(void);
/** Monotonic clock in seconds. */
double bench_wall_seconds(void);
/** Resident memory of the process now, in KiB. */
uint64_t bench_resident_kib(void);

/** Tell the driver a figure. */
void bench_report(const char *name, double value);
/** Tell the driver a word. */
void bench_report_word(const char *name, const char *word);
/** Last call of main: tells the operations done and whose malloc did them; returns 0. */
int bench_finish(uint64_t operations);

#ifdef __cplusplus
}
#endif
#endif
