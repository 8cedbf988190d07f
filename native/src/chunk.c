/* chunk.c - see chunk.h. */
#include "chunk.h"

#include <sched.h>
#include <string.h>

#include "area.h"
#include "depot.h"
#include "heap.h"
#include "heap_reclaim.h"
#include "heap_runs.h"
#include "large.h"
#include "lock.h"
#include "meta.h"
#include "remote.h"
#include "settings.h"
#include "shared.h"

#define FREE_BYTES     (UINT64_C(1) << 20)
#define GROW_INCREMENT (UINT64_C(64) << 10)
/* Chunks of the program's; malloc's blocks are all of size classes. */
#define SMALL_BLOCK_SIZE 256u
#define MAX_SUBCHUNKS    16u

SpacesChunk spaces_default_chunk;
unsigned short spaces_default_block_size;
unsigned spaces_default_page_size = 65536;
unsigned spaces_default_flags = SPACES_CHUNK_SERIALIZE;

static uint32_t default_lock;
/* Held where a chunk enters or leaves the root's table, and across a fork. */
static uint32_t list_lock;

SpChunk *sp_chunk_from(SpacesChunk handle)
{
    /* Looked up, not dereferenced: a handle may be a stale or wild address. */
    SpChunk *chunk = (SpChunk *)handle;
    if (sp_likely(chunk && chunk == (SpChunk *)spaces_default_chunk))
        return sp_chunk_is_valid(chunk) ? chunk : NULL;
    return sp_meta_owns(handle) && sp_chunk_is_valid(chunk) ? chunk : NULL;
}

uint64_t sp_open_chunks[SP_OPEN_CHUNKS];

void sp_chunk_set_open(SpChunk *chunk, bool alive)
{
    uint64_t *entry = sp_open_entry(chunk), own = (uintptr_t)chunk - (uintptr_t)sp_open_chunks;
    bool open = alive && (chunk->kind == SP_CHUNK_VARIABLE || chunk->kind == SP_CHUNK_FIXED) &&
                chunk->own.policy == SP_POLICY_OPEN && !(chunk->flags & SPACES_CHUNK_ZERO_INIT);
    if (open)
        sp_store(entry, own);
    else if (sp_load(entry) == own)
        sp_store(entry, 0);
}

SpChunk *sp_chunk_new(uint32_t kind, unsigned flags, int *why)
{
    SpChunk *chunk = sp_init() ? sp_meta_alloc(sizeof *chunk) : NULL;
    if (!chunk) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    chunk->kind = kind;
    chunk->flags = flags;
    chunk->serialized = (flags & (SPACES_CHUNK_SERIALIZE | SPACES_CHUNK_DEFAULT)) != 0;
    chunk->page_size = SP_SLAB_SIZE;
    bool serves_malloc = kind == SP_CHUNK_DEFAULT || kind == SP_CHUNK_THREAD;
    chunk->small_block_size = serves_malloc ? UINT16_MAX : SMALL_BLOCK_SIZE;
    chunk->small_allocator = SPACES_SMALL_V5;
    chunk->max_suballoc = SP_MEDIUM_MAX;
    chunk->max_subchunks = MAX_SUBCHUNKS;
    sp_chunk_set_bin_max(chunk);
    chunk->ceiling = SP_NO_LIMIT;
    chunk->free_bytes = FREE_BYTES;
    chunk->grow_increment = GROW_INCREMENT;
    sp_heap_init(&chunk->own, chunk, chunk->serialized ? SP_POLICY_LOCKED : SP_POLICY_OPEN);
    chunk->heaps = &chunk->own;
    if (SP_DEBUG)
        chunk->created_stack = sp_depot_capture(&(SpCaller){0, 0, 0}, NULL);
    chunk->magic = SP_CHUNK_MAGIC;
    chunk->cookie = (uintptr_t)chunk ^ spaces_heap_root.cookie;
    sp_lock(&list_lock);
    chunk->index = sp_root_add_chunk(chunk);
    sp_unlock(&list_lock);
    if (chunk->index == UINT32_MAX) {
        chunk->magic = 0;
        sp_meta_free(chunk, sizeof *chunk);
        *why = SPACES_ERR_TOO_MANY_TASKS;
        return NULL;
    }
    sp_chunk_set_open(chunk, true);
    return chunk;
}

SpChunk *sp_chunk_default(void)
{
    SpChunk *chunk = (SpChunk *)sp_load_acquire(&spaces_default_chunk);
    if (sp_likely(chunk))
        return chunk;
    sp_lock(&default_lock);
    chunk = (SpChunk *)spaces_default_chunk;
    int why = SPACES_OK;
    if (!chunk && (chunk = sp_chunk_new(SP_CHUNK_DEFAULT, spaces_default_flags, &why))) {
        /* Not serialised: the program does not lock it. Its heaps keep their own locks, as threads
         * of which it knows nothing may allocate. */
        chunk->own.policy = SP_POLICY_LOCKED;
        if (spaces_default_block_size)
            sp_chunk_set_fixed_size(chunk, spaces_default_block_size);
        chunk->page_size = sp_chunk_page_size(spaces_default_page_size);
        sp_settings_apply(chunk);
        spaces_heap_root.default_chunk = (uintptr_t)chunk;
        sp_store_release(&spaces_default_chunk, (SpacesChunk)chunk);
    }
    sp_unlock(&default_lock);
    return chunk;
}

uint32_t sp_chunk_page_size(unsigned asked)
{
    uint64_t page = asked <= 4096 ? 4096 : UINT64_C(1) << (sp_log2((uint64_t)asked - 1) + 1);
    return page > SP_SLAB_SIZE ? (uint32_t)SP_SLAB_SIZE : (uint32_t)page;
}

void sp_chunk_set_fixed_size(SpChunk *chunk, uint32_t size)
{
    uint64_t block = sp_round_up(size, size <= 4 ? 4 : 8);
    if (SP_DEBUG)
        block = sp_round_up(size + 2 * SP_REDZONE, 16);
    else if (block > SP_SMALL_MAX)
        block = sp_round_up(size, 16);
    chunk->fixed_request = size;
    chunk->block_size = (uint32_t)block;
}

void sp_chunk_add_heap(SpChunk *chunk, SpHeap *heap)
{
    SpHeap *old = sp_load(&chunk->heaps);
    do
        heap->next = old;
    while (!sp_cas(&chunk->heaps, &old, heap));
}

void sp_chunk_delete(SpChunk *chunk)
{
    sp_chunk_set_open(chunk, false);
    sp_large_release_all(chunk);
    sp_lock(&list_lock);
    sp_root_drop_chunk(chunk);
    sp_unlock(&list_lock);
    chunk->magic = 0;
    if (sp_area_is(chunk))
        sp_area_close(chunk);
    if (chunk->shared)
        sp_shared_detach(chunk);
    for (SpHeap *heap = chunk->heaps, *next; heap; heap = next) {
        next = heap->next;
        sp_heap_release_all(heap);
        if (heap != &chunk->own)
            sp_meta_free(heap, sizeof *heap);
    }
    chunk->cookie = 0; /* until here a reader knows by it what is being given up */
    sp_meta_free(chunk, sizeof *chunk);
}

void sp_chunk_set_bin_max(SpChunk *chunk)
{
    uint32_t most = chunk->small_block_size == UINT16_MAX ? SP_MEDIUM_MAX
                    : chunk->small_block_size             ? chunk->small_block_size - 1
                                                          : 0;
    if (chunk->small_allocator != SPACES_SMALL_V5)
        most = 0;
    chunk->bin_max = most < chunk->max_suballoc ? most : chunk->max_suballoc;
}

uint8_t sp_chunk_page_shift(const SpChunk *chunk)
{
    unsigned most = (unsigned)sp_log2(chunk->page_size), shift = 12;
    if (!chunk->page_resizing)
        return (uint8_t)most;
    /* A sixteenth of what the chunk has: a small chunk grows in small steps. */
    uint64_t footprint = sp_load(&chunk->footprint);
    if (footprint >> 16)
        shift = (unsigned)sp_log2(footprint) - 4;
    return (uint8_t)(shift < most ? shift : most);
}

bool sp_chunk_charge(SpChunk *chunk, uint64_t bytes)
{
    uint64_t old = sp_load(&chunk->footprint);
    do {
        if (old + bytes > sp_load(&chunk->ceiling))
            return false;
    } while (!sp_cas(&chunk->footprint, &old, old + bytes));
    sp_raise(&chunk->peak, old + bytes);
    return true;
}

void sp_chunk_uncharge(SpChunk *chunk, uint64_t bytes)
{
    sp_sub(&chunk->footprint, bytes);
}

uint64_t sp_chunk_live(SpChunk *chunk)
{
    uint64_t live = 0;
    sp_remote_flush();
    if (chunk->shared)
        sp_area_measure(chunk);
    for (SpHeap *heap = sp_load(&chunk->heaps); heap; heap = heap->next) {
        bool locked = sp_heap_lock(heap);
        sp_heap_hold_runs(heap);
        for (SpSlab *slab = sp_load_acquire(&heap->slabs); slab; slab = sp_load(&slab->all_next))
            live += sp_slab_live(slab);
        sp_heap_let_go_runs(heap);
        sp_heap_unlock(heap, locked);
    }
    live += sp_load(&chunk->large_count);
    uint64_t held_back = sp_load(&chunk->quarantined);
    return live > held_back ? live - held_back : 0;
}

uint64_t sp_chunk_shrink(SpChunk *chunk)
{
    uint64_t given = 0;
    sp_remote_flush();
    if (sp_area_is(chunk))
        return sp_area_shrink(chunk);
    for (SpHeap *heap = sp_load(&chunk->heaps); heap; heap = heap->next) {
        if (heap->policy == SP_POLICY_THREAD && heap != sp_thread_heap)
            continue; /* another thread's, or parked: see below */
        bool locked = sp_heap_lock(heap);
        given += sp_heap_shrink(heap);
        sp_heap_unlock(heap, locked);
    }
    return chunk->kind == SP_CHUNK_DEFAULT ? given + sp_reclaim_all() : given;
}

/* The thread that forks; in the child it has another id. Under default_lock. */
static uint32_t forking_thread;

/* Lock a heap, and note that it is ours; not one of a chunk that a thread of the
 * program has locked: it may be waiting for the thread that forks. */
static void lock_before_fork(SpChunk *chunk, SpHeap *heap)
{
    if (heap->policy != SP_POLICY_LOCKED)
        return;
    while (!sp_try_lock(&heap->lock)) {
        if (sp_load(&chunk->lock_owner))
            return;
        sched_yield();
    }
    heap->thread = forking_thread;
}

void sp_chunk_fork_lock(void)
{
    sp_lock(&default_lock);
    sp_lock(&list_lock);
    forking_thread = sp_os_thread_id(); /* under the lock: several threads may fork at once */
    for (uint64_t i = 0; i < sp_load(&spaces_heap_root.chunk_count); i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (!chunk)
            continue;
        for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
            lock_before_fork(chunk, heap);
        sp_lock(&chunk->large_lock);
    }
}

/* Leave a chunk's locks as the forking thread had them. */
static void release_after_fork(SpChunk *chunk, bool child)
{
    /* A segment's lock stays the parent's. */
    bool mine = chunk->lock_owner == forking_thread && !(child && chunk->shared);
    for (SpHeap *heap = chunk->heaps; heap; heap = heap->next) {
        if (heap->policy != SP_POLICY_LOCKED)
            continue;
        bool locked = heap->thread == forking_thread;
        if (locked)
            heap->thread = 0;
        if (child && !mine)
            heap->lock = 0;
        else if (locked)
            sp_unlock(&heap->lock);
    }
    if (!child) {
        sp_unlock(&chunk->large_lock);
        return;
    }
    chunk->large_lock = 0;
    chunk->lock = mine ? 1 : 0;
    chunk->lock_depth = mine ? chunk->lock_depth : 0;
    chunk->lock_owner = mine ? sp_os_thread_id() : 0;
    if (chunk->thread == forking_thread)
        chunk->thread = sp_os_thread_id();
    if (chunk->shared)
        sp_shared_forked(chunk);
}

void sp_chunk_fork(bool child)
{
    for (uint64_t i = 0; i < spaces_heap_root.chunk_count; i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (chunk)
            release_after_fork(chunk, child);
    }
    if (child) {
        list_lock = default_lock = 0;
    } else {
        sp_unlock(&list_lock);
        sp_unlock(&default_lock);
    }
}
