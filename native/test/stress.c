/*
 * stress.c - threads that allocate, check, resize and free blocks of all sizes,
 * a good part of them blocks of each other. Every block holds a pattern derived
 * from its address and size, so that two blocks that overlap, or one that is
 * handed out twice, are noticed. Plain malloc: run it linked or preloaded.
 *
 *   stress [threads] [operations a thread] [seed]
 */
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

typedef struct Block {
    unsigned char *bytes;
    size_t size;
} Block;

/* Blocks that change hands. A slot is taken by exchanging its pointer. */
static Block *shared[SLOTS];
static unsigned long operations = 200000;
static uint64_t seed = 1;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void fail(const char *what, const Block *block)
{
    fprintf(stderr, "stress: %s (%p, %zu bytes, seed %" PRIu64 ")\n", what, (void *)block->bytes,
            block->size, seed);
    abort();
}

static unsigned char pattern(const Block *block, size_t i)
{
    return (unsigned char)((uintptr_t)block->bytes / 8 + block->size * 31 + i);
}

static size_t step(const Block *block)
{
    return block->size < 4096 ? 1 : block->size / 61;
}

static void fill(Block *block)
{
    for (size_t i = 0; i < block->size; i += step(block))
        block->bytes[i] = pattern(block, i);
}

static void check(const Block *block)
{
    for (size_t i = 0; i < block->size; i += step(block))
        if (block->bytes[i] != pattern(block, i))
            fail("a block's bytes changed", block);
    if (malloc_usable_size(block->bytes) < block->size)
        fail("the usable size is too small", block);
}

static size_t random_size(uint64_t *state)
{
    uint64_t r = next_random(state);
    unsigned kind = r % 1000;
    r >>= 10;
    if (kind < 700)
        return r % 256;
    if (kind < 930)
        return r % 8192;
    if (kind < 990)
        return r % 65536;
    if (kind < 998)
        return r % (1 << 20);
    return r % (6 << 20);
}

static Block *make(uint64_t *state)
{
    Block *block = malloc(sizeof *block);
    block->size = random_size(state);
    uint64_t how = next_random(state) % 10;
    size_t alignment = 16;
    if (how == 0) {
        block->bytes = calloc(1, block->size);
        for (size_t i = 0; i < block->size; i += step(block))
            if (block->bytes[i])
                fail("calloc gave bytes that are not zero", block);
    } else if (how == 1) {
        alignment = (size_t)8 << next_random(state) % 14;
        if (posix_memalign((void **)&block->bytes, alignment, block->size))
            fail("posix_memalign failed", block);
    } else {
        block->bytes = malloc(block->size);
    }
    if (!block->bytes)
        fail("out of memory", block);
    if (block->size >= 16 && (uintptr_t)block->bytes % alignment)
        fail("a block is not aligned", block);
    fill(block);
    return block;
}

static void drop(Block *block)
{
    check(block);
    free(block->bytes);
    free(block);
}

static void resize(Block *block, uint64_t *state)
{
    check(block);
    size_t old = block->size, size = random_size(state) + 1;
    unsigned char *bytes = realloc(block->bytes, size);
    if (!bytes)
        fail("realloc failed", block);
    size_t kept = old < size ? old : size;
    for (size_t i = 0; i < kept; i += step(block))
        if (bytes[i] != pattern(block, i))
            fail("realloc lost bytes", block);
    block->bytes = bytes;
    block->size = size;
    fill(block);
}

static void *work(void *argument)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + (uintptr_t)argument + 1;
    for (unsigned long i = 0; i < operations; i++) {
        Block **slot = &shared[next_random(&state) % SLOTS];
        Block *mine = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);
        if (mine && next_random(&state) % 3 == 0)
            resize(mine, &state);
        else if (mine && next_random(&state) % 2) {
            drop(mine);
            mine = NULL;
        }
        if (!mine)
            mine = make(&state);
        mine = __atomic_exchange_n(slot, mine, __ATOMIC_ACQ_REL);
        if (mine)
            drop(mine);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned long threads = argc > 1 ? strtoul(argv[1], NULL, 0) : 8;
    if (argc > 2)
        operations = strtoul(argv[2], NULL, 0);
    if (argc > 3)
        seed = strtoull(argv[3], NULL, 0);
    pthread_t ids[256];
    /* Twice, so that the second wave finds the first one's heaps and blocks. */
    for (int wave = 0; wave < 2; wave++) {
        for (unsigned long t = 0; t < threads && t < 256; t++)
            if (pthread_create(&ids[t], NULL, work, (void *)(t + 1 + 1000 * (unsigned long)wave)))
                abort();
        for (unsigned long t = 0; t < threads && t < 256; t++)
            pthread_join(ids[t], NULL);
    }
    for (int i = 0; i < SLOTS; i++)
        if (shared[i])
            drop(shared[i]);
    puts("stress: ok");
    return 0;
}
