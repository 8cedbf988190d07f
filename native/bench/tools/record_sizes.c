/*
 * record_sizes.c - the sizes a real program asks for, as a histogram.
 *
 * Preload it into any program on glibc; each process that ends adds its counts
 * to the file named by RECORD_SIZES, one line a bucket: upper bound, count.
 * tools/histogram.py sums such files into workloads/size_histogram.h.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *ptr, size_t size);

/* 16-byte steps to 1 KiB, then powers of two to 1 MiB; the last bucket takes the rest. */
enum { LINEAR = 64, BUCKETS = LINEAR + 11 };

static atomic_ulong counts[BUCKETS];

static size_t upper_bound(int bucket)
{
    return bucket < LINEAR ? (size_t)(bucket + 1) * 16 : (size_t)2048 << (bucket - LINEAR);
}

static void count(size_t size)
{
    int bucket = size > 1024 ? LINEAR : size > 0 ? (int)((size - 1) / 16) : 0;
    while (bucket < BUCKETS - 1 && size > upper_bound(bucket))
        bucket++;
    atomic_fetch_add_explicit(&counts[bucket], 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(n * size);
    return __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
    count(size);
    return __libc_realloc(ptr, size);
}

__attribute__((destructor)) static void save(void)
{
    const char *path = getenv("RECORD_SIZES");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (fd < 0)
        return;
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        dprintf(fd, "%zu %lu\n", upper_bound(bucket), (unsigned long)counts[bucket]);
    close(fd);
}
