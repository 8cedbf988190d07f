/* shared_stress.c - several processes at random work in one shared chunk, one of them killed
 * again and again and replaced: no block that a living process owns is lost or changed, the
 * chunk stays sound, and nothing is left in the end.
 *
 * Usage: shared_stress PROCESSES SECONDS KILL_EACH_MS [SEED] */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../include/spaces.h"
#include "../src/layout.h"

#define SEGMENT   ((size_t)8 << 20)
#define BLOCKS    600
#define MAGIC     UINT64_C(0x6b6f6f4365636150)
#define PROCESSES 16

/* Each block starts with this; the rest is `fill`. Wiped before the block is given back, so that
 * no block shows the cookie of one that was there before. */
typedef struct Cookie {
    uint64_t magic;
    uint32_t owner; /* process id */
    uint32_t fill;
    uint64_t size;
    uint64_t sum;
} Cookie;

typedef struct Owned {
    Cookie *block;
    Cookie cookie; /* as it must be */
} Owned;

static uint64_t dice;
static SpacesChunk chunk;
static volatile sig_atomic_t stopping;

static uint64_t roll(uint64_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % sides;
}

static const char *name_of(key_t key)
{
    return (const char *)(intptr_t)key;
}

static uint64_t sum_of(const Cookie *cookie)
{
    return (cookie->magic ^ cookie->size * 31 ^ (uint64_t)cookie->owner << 32) + cookie->fill;
}

static bool is_cookie(const Cookie *cookie)
{
    return cookie->magic == MAGIC && cookie->sum == sum_of(cookie);
}

/* ---- a worker ------------------------------------------------------------------------ */

static void wrong(const char *what)
{
    fprintf(stderr, "process %d: %s\n", (int)getpid(), what);
    _exit(3);
}

/* A full segment is nothing wrong; everything else is. */
static int on_error(SpacesErrorInfo *info)
{
    if (info->errorCode == SPACES_ERR_OUT_OF_MEMORY)
        return 0;
    spaces_default_error_handler(info);
    _exit(4);
}

static void on_term(int signal)
{
    (void)signal;
    stopping = 1;
}

static void fill(Owned *owned, uint64_t size)
{
    unsigned char *bytes = (unsigned char *)owned->block;
    owned->cookie = (Cookie){MAGIC, (uint32_t)getpid(), (uint32_t)roll(255) + 1, size, 0};
    owned->cookie.sum = sum_of(&owned->cookie);
    memset(bytes + sizeof(Cookie), (int)owned->cookie.fill, size - sizeof(Cookie));
    *owned->block = owned->cookie;
}

static void verify(const Owned *owned)
{
    const unsigned char *bytes = (const unsigned char *)owned->block;
    if (spaces_chunk_ptr_check(chunk, owned->block) != SPACES_PTR_OK)
        wrong("a block of this process is no live block");
    if (memcmp(owned->block, &owned->cookie, sizeof(Cookie)) != 0)
        wrong("a block's cookie has changed");
    for (uint64_t i = sizeof(Cookie); i < owned->cookie.size; i++)
        if (bytes[i] != (unsigned char)owned->cookie.fill)
            wrong("a block's bytes have changed");
}

static uint64_t any_size(void)
{
    return sizeof(Cookie) + roll(roll(30) ? 900 : 30000);
}

static void take(Owned *owned)
{
    uint64_t size = any_size();
    owned->block = roll(4) ? spaces_chunk_alloc(chunk, size, 0)
                           : spaces_chunk_alloc_aligned(chunk, size, (size_t)16 << roll(8), 0);
    if (owned->block)
        fill(owned, size);
}

static void give(Owned *owned)
{
    verify(owned);
    memset(owned->block, 0, sizeof(Cookie));
    if (!spaces_chunk_free(owned->block))
        wrong("a block cannot be freed");
    owned->block = NULL;
}

static void resize(Owned *owned)
{
    uint64_t size = any_size(), kept = size < owned->cookie.size ? size : owned->cookie.size;
    verify(owned);
    memset(owned->block, 0, sizeof(Cookie));
    void *moved = spaces_chunk_realloc(owned->block, size, 0);
    if (!moved) {
        *owned->block = owned->cookie;
        return;
    }
    owned->block = moved;
    for (uint64_t i = sizeof(Cookie); i < kept; i++)
        if (((unsigned char *)moved)[i] != (unsigned char)owned->cookie.fill)
            wrong("a resized block's bytes have changed");
    fill(owned, size);
}

static void work_on(Owned *owned)
{
    if (!owned->block)
        take(owned);
    else if (roll(3))
        give(owned);
    else
        resize(owned);
}

static int worker(key_t key, uint64_t seed)
{
    static Owned owned[BLOCKS];
    dice = seed | 1;
    signal(SIGTERM, on_term);
    spaces_set_error_handler(on_error);
    chunk = spaces_chunk_attach_shared(NULL, name_of(key));
    if (!chunk)
        return 2;
    while (!stopping) {
        uint64_t what = roll(2000);
        if (what == 0 && !spaces_chunk_check(chunk))
            wrong("the chunk does not pass its check");
        if (what < 100) {
            /* Several steps with the lock: many a kill comes here. */
            spaces_chunk_lock(chunk);
            for (int i = 0; i < 5; i++)
                work_on(&owned[roll(BLOCKS)]);
            spaces_chunk_unlock(chunk);
        }
        work_on(&owned[roll(BLOCKS)]);
        Owned *looked_at = &owned[roll(BLOCKS)];
        if (looked_at->block)
            verify(looked_at);
    }
    for (int i = 0; i < BLOCKS; i++)
        if (owned[i].block)
            give(&owned[i]);
    return spaces_chunk_destroy(chunk) ? 0 : 5;
}

/* ---- the parent ------------------------------------------------------------------------ */

static pid_t workers[PROCESSES];
static int failures;

static pid_t start(const char *self, key_t key)
{
    char key_text[32], seed_text[32];
    snprintf(key_text, sizeof key_text, "%d", (int)key);
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)roll(UINT64_MAX));
    pid_t pid = fork();
    if (!pid) {
        execl(self, self, "worker", key_text, seed_text, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void expect_end(pid_t pid, int signal)
{
    int status;
    waitpid(pid, &status, 0);
    bool good = WIFEXITED(status) ? WEXITSTATUS(status) == 0 && !signal
                                  : signal && WTERMSIG(status) == signal;
    if (good)
        return;
    failures++;
    fprintf(stderr, "process %d ended with status %#x\n", (int)pid, (unsigned)status);
}

/* Free what a dead process owned; how much that was. The living are not touched. */
static size_t bury(uint32_t dead)
{
    static void *found[BLOCKS + 16];
    size_t count = 0;
    SpacesChunkEntry entry = {.entry = NULL};
    spaces_chunk_lock(chunk);
    SpacesChunkStatus status;
    while ((status = spaces_chunk_walk(chunk, &entry)) == SPACES_CHUNK_OK) {
        const Cookie *cookie = entry.entry;
        if (entry.isInUse && entry.size >= sizeof(Cookie) && is_cookie(cookie) &&
            cookie->owner == dead && count < BLOCKS + 16)
            found[count++] = entry.entry;
    }
    if (status != SPACES_CHUNK_END) {
        failures++;
        fprintf(stderr, "the walk ended with %d\n", status);
    }
    for (size_t i = 0; i < count; i++) {
        memset(found[i], 0, sizeof(Cookie));
        spaces_chunk_free(found[i]);
    }
    spaces_chunk_unlock(chunk);
    return count;
}

static void wait_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "worker"))
        return worker((key_t)atol(argv[2]), strtoull(argv[3], NULL, 10));
    if (argc < 4) {
        fprintf(stderr, "usage: %s PROCESSES SECONDS KILL_EACH_MS [SEED]\n", argv[0]);
        return 2;
    }
    int count = atoi(argv[1]);
    if (count < 1 || count > PROCESSES)
        return 2;
    dice = argc > 4 ? strtoull(argv[4], NULL, 10) : (uint64_t)time(NULL);
    printf("SEED=%llu\n", (unsigned long long)dice);
    dice |= 1;
    fflush(stdout);
    key_t key = (key_t)(0x53600000 + (getpid() & 0xfffff));
    spaces_set_error_handler(on_error);
    chunk = spaces_chunk_create_shared(name_of(key), SEGMENT, 0);
    if (!chunk)
        return 2;
    for (int i = 0; i < count; i++)
        workers[i] = start(argv[0], key);
    double end = now() + atof(argv[2]);
    size_t buried = 0;
    unsigned kills = 0;
    while (now() < end && !failures) {
        wait_ms(atol(argv[3]));
        int victim = (int)roll((uint64_t)count);
        kill(workers[victim], SIGKILL);
        expect_end(workers[victim], SIGKILL);
        kills++;
        buried += bury((uint32_t)workers[victim]);
        workers[victim] = start(argv[0], key);
    }
    wait_ms(300); /* the last one has attached */
    for (int i = 0; i < count; i++)
        kill(workers[i], SIGTERM);
    for (int i = 0; i < count; i++)
        expect_end(workers[i], 0);
    const SpShared *shared = ((const SpChunk *)(const void *)chunk)->shared;
    size_t left = spaces_chunk_count(chunk);
    unsigned recoveries = shared->recoveries;
    /* What a process was about to get or to give when it was killed. */
    failures += left > 8 * (size_t)kills;
    failures += !spaces_chunk_check(chunk);
    failures += !spaces_chunk_destroy(chunk);
    failures += shmget(key, 0, 0) >= 0 || errno != ENOENT;
    printf("%u kills, %u with the lock held; %zu blocks of the dead freed, %zu left, %d failures\n",
           kills, recoveries, buried, left, failures);
    return failures != 0;
}
