/*
 * lists.c - the allocator's own walk and check on a damaged heap: bytes of slab
 * headers, of what is known of mixed slabs, and of the links of heaps are
 * overwritten. Both must end, whatever they find; a process of its own for each
 * input, as a damaged heap is of no further use.
 *
 * An input is a list of changes: what (1 byte), where (2 bytes), value (1 byte).
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/spaces.h"
#include "../../src/layout.h"
#include "fuzz.h"

/* Seconds that a child has; one that hangs is ended by SIGALRM. */
#define LIMIT       20
#define CHUNKS      6
#define BLOCKS      300
#define MOST_PIECES 4096
/* More entries than a walk of these chunks can have, unless it goes in circles: mixed slabs have
 * no more units than bytes / 8. */
#define MOST_ENTRIES (64u << 20)

extern SpRoot spaces_heap_root;

static SpacesChunk chunks[CHUNKS];
static char area[1 << 20];
static struct {
    char *start;
    size_t bytes;
} pieces[MOST_PIECES];
static size_t piece_count;

static int on_error(SpacesErrorInfo *error)
{
    (void)error;
    return 0;
}

static void add(void *start, size_t bytes)
{
    if (piece_count < MOST_PIECES) {
        pieces[piece_count].start = start;
        pieces[piece_count++].bytes = bytes;
    }
}

static void add_slab(SpSlab *slab)
{
    if (slab->kind == SP_SLAB_UNUSED || slab->kind == SP_SLAB_PART ||
        slab->kind == SP_SLAB_RESERVED || !slab->heap)
        return;
    add(slab, sizeof *slab);
    add(&slab->heap, sizeof slab->heap);
    add(&slab->all_next, sizeof slab->all_next + sizeof slab->all_prev);
    if (slab->kind == SP_SLAB_MIXED && slab->mixed)
        add(slab->mixed, offsetof(SpMixed, level_map));
}

static void fill(SpacesChunk chunk)
{
    void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = spaces_chunk_alloc(chunk, 1 + (size_t)(i * 7919 % (i % 40 ? 700 : 90000)), 0);
    for (int i = 0; i < BLOCKS; i += 3)
        spaces_chunk_free(blocks[i]);
}

static void build(void)
{
    chunks[0] = spaces_chunk_create(0);
    chunks[1] = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    spaces_chunk_set_max_subchunks(chunks[1], 4);
    chunks[2] = spaces_chunk_create(0);
    spaces_chunk_set_small_allocator(chunks[2], SPACES_SMALL_NONE);
    chunks[3] = spaces_chunk_create(0);
    spaces_chunk_set_small_allocator(chunks[3], SPACES_SMALL_V3);
    chunks[4] = spaces_chunk_create_area(area, sizeof area, 0);
    chunks[5] = spaces_chunk_create_fixed(96, 20, 0);
    for (int i = 0; i < CHUNKS; i++) {
        fill(chunks[i]);
        SpChunk *chunk = (SpChunk *)chunks[i];
        add_slab(&chunk->area);
        add(&chunk->large, sizeof chunk->large);
        add(&chunk->heaps, sizeof chunk->heaps);
        for (SpHeap *heap = chunk->heaps; heap; heap = heap->next) {
            add(&heap->slabs, sizeof heap->slabs);
            add(&heap->next, sizeof heap->next);
        }
    }
    uint64_t *segments = (uint64_t *)(uintptr_t)spaces_heap_root.segments;
    for (uint64_t i = 0; i < spaces_heap_root.segment_count; i++)
        if (segments[i]) {
            SpSegment *segment = (SpSegment *)(uintptr_t)segments[i];
            uint32_t last = segment->kind == SP_SEGMENT_LARGE ? 2 : SP_SLABS_PER_SEGMENT;
            for (uint32_t s = 1; s < last; s++)
                add_slab(&segment->slabs[s]);
        }
}

static void change(FuzzInput *in)
{
    for (unsigned n = 1 + fuzz_byte(in) % 6; n && in->at < in->size; n--) {
        size_t piece = fuzz_word(in) % piece_count;
        unsigned where = fuzz_byte(in), value = fuzz_byte(in), how = fuzz_byte(in);
        char *at = pieces[piece].start + where % pieces[piece].bytes;
        if (how % 3 == 0 && pieces[piece].bytes <= 16) {
            /* A link to somewhere that is a slab or a heap, so that lists cross or go in circles.
             */
            void *other = pieces[fuzz_word(in) % piece_count].start;
            memcpy(pieces[piece].start, &other, sizeof other);
        } else {
            *at = (char)value;
        }
    }
}

static void ask(void)
{
    for (int i = 0; i < CHUNKS; i++) {
        SpacesChunkEntry entry;
        unsigned long entries = 0;
        memset(&entry, 0, sizeof entry);
        while (spaces_chunk_walk(chunks[i], &entry) == SPACES_CHUNK_OK)
            if (++entries > MOST_ENTRIES)
                fuzz_fail("a walk does not end");
        spaces_chunk_check(chunks[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = {data, size, 0};
    int status;
    if (!piece_count) {
        spaces_set_error_handler(on_error);
        build();
    }
    pid_t child = fork();
    if (child == 0) {
        alarm(LIMIT);
        change(&in);
        ask();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        fuzz_fail("no child process");
    if (!WIFEXITED(status))
        fuzz_fail("a child was ended by signal %d", WTERMSIG(status));
    return 0;
}
