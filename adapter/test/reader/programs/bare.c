/*
 * bare.c - the time that reading alone takes: what a heap reader reads of the
 * process `pid`, read by process_vm_readv and not looked at.
 *
 *   bare PID ROOT    prints {"headers":ms,"records":ms,"blocks":ms,"bytes":n}
 *
 * headers: segment headers; records: those and the debug build's block records;
 * blocks: those and each block ever carved.
 */
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>

#include "../../../../native/src/layout.h"
#include "tell.h"

static pid_t pid;
static char *buffer;
static uint64_t bytes;

static int take(uint64_t address, void *to, uint64_t length)
{
    struct iovec local = {to, length}, remote = {(void *)(uintptr_t)address, length};
    bytes += length;
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)length;
}

/* CPU time, which others on the machine change little. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void read_heap(const SpRoot *root, int records, int blocks)
{
    static SpSegment segment;
    const uint64_t header = offsetof(SpSegment, slabs) + sizeof segment.slabs;
    uint64_t *table = malloc(root->segment_count * sizeof *table);
    take(root->segments, table, root->segment_count * sizeof *table);
    for (uint64_t i = 0; i < root->segment_count; i++) {
        if (!table[i] || !take(table[i], &segment, header))
            continue;
        for (uint32_t s = 1; s < SP_SLABS_PER_SEGMENT && segment.kind == SP_SEGMENT_SLABS; s++) {
            const SpSlab *slab = &segment.slabs[s];
            if (slab->kind != SP_SLAB_SMALL && slab->kind != SP_SLAB_SPAN)
                continue;
            if (records && slab->records)
                take((uintptr_t)slab->records, buffer, slab->carved * sizeof(SpRecord));
            if (blocks)
                take((uintptr_t)slab->base, buffer, (uint64_t)slab->carved * slab->block_size);
        }
    }
    free(table);
}

int main(int argc, char **argv)
{
    SpRoot root;
    if (argc < 3)
        return 2;
    pid = atoi(argv[1]);
    buffer = malloc(SP_SEGMENT_SIZE);
    memset(buffer, 1, SP_SEGMENT_SIZE);
    if (!take(strtoull(argv[2], NULL, 16), &root, sizeof root))
        return 1;
    double best[3] = {1e9, 1e9, 1e9};
    for (int round = 0; round < 5; round++)
        for (int what = 0; what < 3; what++) {
            bytes = 0;
            double start = now();
            read_heap(&root, what >= 1, what >= 2);
            double took = now() - start;
            if (took < best[what])
                best[what] = took;
        }
    printf("{\"headers\":%f,\"records\":%f,\"blocks\":%f,\"bytes\":%llu}\n", best[0], best[1],
           best[2], (unsigned long long)bytes);
    return 0;
}
