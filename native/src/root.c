/* root.c - see root.h. */
#include "root.h"

#include "../include/spaces.h"
#include "classes.h"
#include "depot.h"
#include "lock.h"
#include "os.h"
#include "segment.h"

SpRoot spaces_heap_root = {
    .magic = SP_ROOT_MAGIC,
    .layout_version = SP_LAYOUT_VERSION,
    .size = sizeof(SpRoot),
    .debug = SP_DEBUG,
    .spaces_version =
        (SPACES_VERSION_MAJOR << 16) | (SPACES_VERSION_MINOR << 8) | SPACES_VERSION_UPDATE,
    .heap_limit = SP_NO_LIMIT,
    .grow_increment = UINT64_C(1) << 20,
    .free_bytes = SP_NO_LIMIT,
    .large_threshold = UINT64_C(32) << 20,
    .use_munmap = 1,
    .coalesce = 1,
};

static uint32_t root_lock;
/* Lowest index that may be vacant. */
static uint64_t segment_hint, chunk_hint;

bool sp_init(void)
{
    if (sp_likely(sp_ready()))
        return true;
    sp_lock(&root_lock);
    SpRoot *root = &spaces_heap_root;
    if (!sp_ready()) {
        sp_classes_init();
        root->segments = (uintptr_t)sp_os_reserve(SP_MAX_SEGMENTS * sizeof(uint64_t));
        root->chunks = (uintptr_t)sp_os_reserve(SP_MAX_CHUNKS * sizeof(uint64_t));
        root->depot_size = SP_DEPOT_SIZE;
        root->depot = (uintptr_t)sp_os_reserve(SP_DEPOT_SIZE);
        if (root->depot)
            /* It is empty: gdb would write all of it to a core, zero by zero. */
            sp_os_keep_in_cores((void *)(uintptr_t)root->depot, SP_DEPOT_SIZE, false);
        else
            root->depot_size = 0; /* an address-space limit: no stacks, but a heap */
        root->cookie = sp_os_random() | 1;
        root->pid = sp_os_process_id();
        root->segment_map = (uintptr_t)sp_segment_map;
        __asm__ volatile("" : : "r"(&sp_process_linked));
        if (root->segments && root->chunks)
            sp_store_release(&root->checksum, sp_root_checksum(root));
    }
    sp_unlock(&root_lock);
    return sp_ready();
}

static uint32_t add(uint64_t table, uint64_t *count, uint64_t max, uint64_t *hint, void *what)
{
    uint64_t *entries = (uint64_t *)(uintptr_t)table;
    uint32_t index = UINT32_MAX;
    sp_lock(&root_lock);
    uint64_t i = *hint;
    while (i < max && i < sp_load(count) && entries[i])
        i++;
    if (i < max) {
        sp_store_release(&entries[i], (uint64_t)(uintptr_t)what);
        if (i >= sp_load(count))
            sp_store_release(count, i + 1);
        index = (uint32_t)i;
        *hint = i + 1;
    }
    sp_unlock(&root_lock);
    return index;
}

static void drop(uint64_t table, uint64_t *hint, uint32_t index)
{
    uint64_t *entries = (uint64_t *)(uintptr_t)table;
    sp_lock(&root_lock);
    sp_store_release(&entries[index], 0);
    if (index < *hint)
        *hint = index;
    sp_unlock(&root_lock);
}

uint32_t sp_root_add_segment(SpSegment *segment)
{
    return add(spaces_heap_root.segments, &spaces_heap_root.segment_count, SP_MAX_SEGMENTS,
               &segment_hint, segment);
}

void sp_root_drop_segment(SpSegment *segment)
{
    drop(spaces_heap_root.segments, &segment_hint, segment->index);
}

uint32_t sp_root_add_chunk(SpChunk *chunk)
{
    return add(spaces_heap_root.chunks, &spaces_heap_root.chunk_count, SP_MAX_CHUNKS, &chunk_hint,
               chunk);
}

void sp_root_drop_chunk(SpChunk *chunk)
{
    drop(spaces_heap_root.chunks, &chunk_hint, chunk->index);
}

SpChunk *sp_root_chunk(uint64_t index)
{
    if (!sp_ready() || index >= sp_load_acquire(&spaces_heap_root.chunk_count))
        return NULL;
    return (SpChunk *)(uintptr_t)sp_load_acquire(
        &((uint64_t *)(uintptr_t)spaces_heap_root.chunks)[index]);
}

SpSegment *sp_root_segment(uint64_t index)
{
    if (!sp_ready() || index >= sp_load_acquire(&spaces_heap_root.segment_count))
        return NULL;
    return (SpSegment *)(uintptr_t)sp_load_acquire(
        &((uint64_t *)(uintptr_t)spaces_heap_root.segments)[index]);
}

bool sp_root_charge(uint64_t bytes)
{
    uint64_t total = sp_load(&spaces_heap_root.heap_total);
    do {
        uint64_t limit = sp_load(&spaces_heap_root.heap_limit);
        if (total + bytes < total || total + bytes > limit)
            return false;
    } while (!sp_cas(&spaces_heap_root.heap_total, &total, total + bytes));
    return true;
}

void sp_root_uncharge(uint64_t bytes)
{
    sp_sub(&spaces_heap_root.heap_total, bytes);
}

void sp_root_fork_lock(void)
{
    sp_lock(&root_lock);
}

void sp_root_fork(bool child)
{
    if (child) {
        root_lock = 0;
        spaces_heap_root.pid = sp_os_process_id();
    } else {
        sp_unlock(&root_lock);
    }
}
