/*
 * bench.c - the shared part of the workloads; see bench.h.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vdprintf(STDERR_FILENO, format, arguments);
    va_end(arguments);
    dprintf(STDERR_FILENO, "\n");
    _exit(1);
}

const char *bench_word(int argc, char **argv, int index, const char *usage)
{
    if (index >= argc)
        bench_fail("%s: argument %d is missing. Usage: %s %s", argv[0], index, argv[0], usage);
    return argv[index];
}

uint64_t bench_argument(int argc, char **argv, int index, const char *usage)
{
    const char *word = bench_word(argc, argv, index, usage);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(word, &end, 10);
    if (errno != 0 || *word < '0' || *word > '9' || *end != '\0' || value == 0)
        bench_fail("%s: argument %d is \"%s\", expected a number from 1. Usage: %s %s", argv[0],
                   index, word, argv[0], usage);
    return value;
}

void *bench_take(size_t size)
{
    void *block = malloc(size);
    if (block == NULL)
        bench_fail("malloc(%zu) returned NULL: %s", size, strerror(errno));
    return block;
}

pthread_t bench_start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, argument);
    if (error != 0)
        bench_fail("cannot start a thread: %s", strerror(error));
    return thread;
}

void bench_join(pthread_t thread)
{
    int error = pthread_join(thread, NULL);
    if (error != 0)
        bench_fail("cannot join a thread: %s", strerror(error));
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

uint64_t bench_resident_kib(void)
{
    unsigned long long size, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%llu %llu", &size, &resident) != 2)
        bench_fail("cannot read /proc/self/statm");
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

void bench_report(const char *name, double value)
{
    printf("%s %.9g\n", name, value);
}

void bench_report_word(const char *name, const char *word)
{
    printf("%s %s\n", name, word);
}

int bench_finish(uint64_t operations)
{
    Dl_info owner;
    printf("operations %llu\n", (unsigned long long)operations);
    if (dladdr((void *)(uintptr_t)&malloc, &owner) != 0)
        bench_report_word("malloc_from", owner.dli_fname);
    if (fflush(stdout) != 0)
        bench_fail("cannot write the report: %s", strerror(errno));
    return 0;
}
