/* pages.h - what the system has of a range of addresses: mapped, in memory. */
#ifndef SPACES_TEST_PAGES_H
#define SPACES_TEST_PAGES_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"

#define PAGE ((size_t)4096)
#define MB   ((size_t)1 << 20)

/* Whether the page at an address is mapped at all. */
static inline bool is_mapped(const void *address)
{
    unsigned char state;
    void *page = (void *)((uintptr_t)address & ~(PAGE - 1));
    return mincore(page, PAGE, &state) == 0 || errno != ENOMEM;
}

/* Pages of [address, address + bytes) that are in memory; 0 where they are not mapped. */
static inline size_t resident(const void *address, size_t bytes)
{
    size_t count = 0;
    uintptr_t from = (uintptr_t)address & ~(PAGE - 1);
    for (uintptr_t at = from; at < (uintptr_t)address + bytes; at += PAGE) {
        unsigned char state;
        if (mincore((void *)at, PAGE, &state) == 0)
            count += state & 1;
    }
    return count;
}

/* A figure of /proc/self/status, in bytes. */
static inline size_t status_bytes(const char *name)
{
    char line[256];
    size_t value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)))
            sscanf(line + strlen(name) + 1, "%zu", &value);
    fclose(file);
    return value * 1024;
}

static inline SpacesProcessInfo process_info(void)
{
    SpacesProcessInfo info;
    assert_int_equal(spaces_process_info(&info), 1);
    return info;
}

#endif
