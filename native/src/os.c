/* os.c - Linux x86-64 behind the contract of os.h. */
#include "os.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static SP_TLS uint32_t cached_thread_id;

static void *map(size_t bytes, int flags)
{
    int saved = errno;
    void *address =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    errno = saved;
    return address == MAP_FAILED ? NULL : address;
}

void *sp_os_map(size_t bytes, size_t align)
{
    if (align <= 4096)
        return map(bytes, 0);
    if (bytes + align < bytes)
        return NULL;
    char *raw = map(bytes + align, 0);
    if (!raw)
        return NULL;
    /* The highest place: the system maps downwards, so that pieces come to lie side by side. */
    char *address = (char *)(((uintptr_t)raw + align) & ~(uintptr_t)(align - 1));
    if (address > raw)
        sp_os_unmap(raw, (size_t)(address - raw));
    char *end = raw + bytes + align;
    if (end > address + bytes)
        sp_os_unmap(address + bytes, (size_t)(end - (address + bytes)));
    return address;
}

void *sp_os_reserve(size_t bytes)
{
    return map(bytes, MAP_NORESERVE);
}

void sp_os_unmap(void *address, size_t bytes)
{
    int saved = errno;
    munmap(address, bytes);
    errno = saved;
}

void sp_os_discard(void *address, size_t bytes)
{
    int saved = errno;
    madvise(address, bytes, MADV_DONTNEED);
    errno = saved;
}

void sp_os_keep_in_cores(void *address, size_t bytes, bool keep)
{
    int saved = errno;
    madvise(address, bytes, keep ? MADV_DODUMP : MADV_DONTDUMP);
    errno = saved;
}

void sp_os_protect(void *address, size_t bytes, bool accessible)
{
    int saved = errno;
    mprotect(address, bytes, accessible ? PROT_READ | PROT_WRITE : PROT_NONE);
    errno = saved;
}

bool sp_os_pin(void *address, size_t bytes)
{
    int saved = errno;
    bool done = mlock(address, bytes) == 0;
    errno = saved;
    return done;
}

void sp_os_unpin(void *address, size_t bytes)
{
    int saved = errno;
    munlock(address, bytes);
    errno = saved;
}

void sp_os_wait(uint32_t *word, uint32_t value)
{
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    errno = saved;
}

void sp_os_wake(uint32_t *word, int count)
{
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
}

void sp_os_sleep(uint32_t microseconds)
{
    int saved = errno;
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&time, NULL);
    errno = saved;
}

uint32_t sp_os_thread_id(void)
{
    if (sp_unlikely(!cached_thread_id))
        cached_thread_id = (uint32_t)syscall(SYS_gettid);
    return cached_thread_id;
}

void sp_os_forget_ids(void)
{
    cached_thread_id = 0;
}

uint32_t sp_os_process_id(void)
{
    return (uint32_t)getpid();
}

uint64_t sp_os_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t sp_os_random(void)
{
    uint64_t value = 0;
    int saved = errno;
    if (syscall(SYS_getrandom, &value, sizeof value, 1 /* GRND_NONBLOCK */) != sizeof value) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        value = sp_mix((uint64_t)now.tv_nsec ^ ((uint64_t)now.tv_sec << 32) ^ (uintptr_t)&value);
    }
    errno = saved;
    return value;
}

void sp_os_write(int fd, const void *bytes, size_t count)
{
    int saved = errno;
    const char *p = bytes;
    while (count) {
        ssize_t n = write(fd, p, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        p += n;
        count -= (size_t)n;
    }
    errno = saved;
}
