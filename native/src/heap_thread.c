/* heap_thread.c - which heap a thread has: given at its first allocation, parked
 * at its end, or a thread-exclusive chunk's. */
#include <pthread.h>

#include "block.h"
#include "chunk.h"
#include "heap.h"
#include "heap_reclaim.h"
#include "lock.h"
#include "meta.h"
#include "os.h"
#include "recall.h"
#include "remote.h"
#include "root.h"
#include "unwind.h"

/* The thread's last destructor has run: what it still allocates comes from a locked heap. */
static SP_TLS bool thread_ended;

static uint32_t park_lock;
static SpHeap *parked;
static pthread_key_t exit_key;
static uint32_t exit_key_state; /* 0 none, 1 being made, 2 there, 3 gone */

/* From now on the calling thread's malloc and free go by this heap. */
static void use_heap(SpHeap *heap)
{
    sp_remote_flush();
    sp_thread_heap = heap;
    sp_thread_direct = heap->direct;
}

/* ---- threads ------------------------------------------------------------ */

static void on_thread_exit(void *unused)
{
    (void)unused;
    sp_heap_detach(true);
}

/* Have on_thread_exit called at the end of this thread. */
static void arm_thread_exit(void)
{
    uint32_t none = 0;
    if (__atomic_compare_exchange_n(&exit_key_state, &none, 1, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        sp_store_release(&exit_key_state, pthread_key_create(&exit_key, on_thread_exit) ? 0 : 2);
    }
    if (sp_load_acquire(&exit_key_state) == 2)
        pthread_setspecific(exit_key, &exit_key);
}

void sp_heap_end_process(void)
{
    uint32_t there = 2;
    if (__atomic_compare_exchange_n(&exit_key_state, &there, 3, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        pthread_key_delete(exit_key);
}

SpHeap *sp_heap_attach(void)
{
    if (sp_thread_heap != &sp_no_heap)
        return sp_thread_heap;
    SpChunk *chunk = sp_chunk_default();
    if (!chunk || thread_ended || chunk->flags & SPACES_CHUNK_ZERO_INIT)
        return NULL; /* zeroed: no way of malloc past the one that zeroes */
    sp_lock(&park_lock);
    SpHeap *heap = parked;
    if (heap)
        parked = heap->parked;
    sp_unlock(&park_lock);
    if (!heap) {
        heap = sp_meta_alloc(sizeof *heap);
        if (!heap)
            return NULL;
        if (!sp_heap_add_thread_parts(heap)) {
            sp_meta_free(heap, sizeof *heap);
            return NULL;
        }
        sp_heap_init(heap, chunk, SP_POLICY_THREAD);
        sp_chunk_add_heap(chunk, heap);
    }
    heap->parked = NULL;
    sp_store(&heap->state, SP_HEAP_ACTIVE);
    heap->thread = sp_os_thread_id();
    use_heap(heap);
    arm_thread_exit(); /* may allocate: the heap is in place */
    return heap;
}

SpHeap *sp_heap_take_parked(void)
{
    sp_lock(&park_lock);
    SpHeap *all = parked;
    parked = NULL;
    sp_unlock(&park_lock);
    return all;
}

void sp_heap_put_parked(SpHeap *heaps)
{
    sp_lock(&park_lock);
    SpHeap **end = &parked; /* those parked meanwhile are the warmest */
    while (*end)
        end = &(*end)->parked;
    *end = heaps;
    sp_unlock(&park_lock);
}

/* ---- thread-exclusive chunks ------------------------------------------------ */

/* The thread's exclusive chunk, also while it is switched off; its shared heap meanwhile. */
static SP_TLS SpChunk *exclusive;
static SP_TLS SpHeap *shared_heap;
static SP_TLS bool free_exclusive;

bool sp_heap_is_foreign(const SpHeap *heap)
{
    const SpChunk *chunk = heap->chunk;
    return chunk->kind == SP_CHUNK_THREAD && heap != sp_thread_heap && chunk->thread &&
           chunk->thread != sp_os_thread_id();
}

bool sp_heap_make_exclusive(bool free_at_end, int *why)
{
    if (!exclusive) {
        SpChunk *chunk = sp_chunk_new(SP_CHUNK_THREAD, 0, why);
        if (!chunk)
            return false;
        if (!sp_heap_add_thread_parts(&chunk->own)) {
            sp_chunk_delete(chunk);
            *why = SPACES_ERR_OUT_OF_MEMORY;
            return false;
        }
        chunk->own.policy = SP_POLICY_THREAD;
        chunk->own.thread = chunk->thread = sp_os_thread_id();
        exclusive = chunk;
    }
    if (sp_thread_heap != &exclusive->own)
        shared_heap = sp_thread_heap;
    free_exclusive = free_at_end;
    use_heap(&exclusive->own);
    arm_thread_exit();
    return true;
}

void sp_heap_end_exclusive(void)
{
    if (!exclusive || sp_thread_heap != &exclusive->own)
        return;
    use_heap(shared_heap);
    shared_heap = NULL;
}

/* At the thread's end its chunk goes, or, where it still holds blocks that are
 * to live on, becomes everybody's. */
static void leave_exclusive(void)
{
    SpChunk *chunk = exclusive;
    if (!chunk)
        return;
    sp_heap_end_exclusive();
    exclusive = NULL;
    if (free_exclusive || !sp_chunk_live(chunk)) {
        sp_block_forget_chunk(chunk);
        sp_chunk_delete(chunk);
        return;
    }
    chunk->own.policy = SP_POLICY_LOCKED;
    chunk->serialized = 1;
    sp_store_release(&chunk->thread, 0);
}

bool sp_heap_forget_default(void)
{
    SpChunk *chunk = (SpChunk *)spaces_default_chunk;
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        if (heap != &chunk->own && heap != sp_thread_heap && heap != shared_heap &&
            heap->state != SP_HEAP_PARKED)
            return false;
    sp_reclaim_hold();
    spaces_heap_root.default_chunk = 0;
    sp_store_release(&spaces_default_chunk, NULL);
    sp_heap_take_parked();
    sp_reclaim_let_go();
    if (sp_thread_heap->chunk == chunk)
        use_heap(&sp_no_heap);
    shared_heap = &sp_no_heap;
    return true;
}

void sp_heap_detach(bool ending)
{
    leave_exclusive();
    if (ending) {
        sp_unwind_thread_end();
        sp_recall_thread_end();
    }
    SpHeap *heap = sp_thread_heap;
    sp_remote_flush();
    if (ending)
        thread_ended = true;
    use_heap(&sp_no_heap);
    if (heap == &sp_no_heap)
        return;
    sp_heap_park(heap);
    heap->thread = 0;
    sp_store(&heap->state, SP_HEAP_PARKED);
    sp_lock(&park_lock);
    heap->parked = parked;
    parked = heap;
    sp_unlock(&park_lock);
}

/* ---- fork ---------------------------------------------------------------- */

void sp_heap_fork_lock(void)
{
    sp_remote_flush();
    sp_reclaim_hold();
    sp_lock(&park_lock);
}

/* In the child of a fork: heaps whose threads are not here, and may have been at work on them. */
static void abandon_others(void)
{
    const SpChunk *chunk = (const SpChunk *)spaces_default_chunk;
    for (SpHeap *heap = chunk ? chunk->heaps : NULL; heap; heap = heap->next) {
        if (heap->policy != SP_POLICY_THREAD)
            continue;
        heap->lock = 0;
        if (heap->state == SP_HEAP_ACTIVE && heap != sp_thread_heap && heap != shared_heap)
            heap->state = SP_HEAP_ABANDONED;
    }
}

void sp_heap_fork(bool child)
{
    sp_reclaim_fork(child);
    if (!child) {
        sp_unlock(&park_lock);
        return;
    }
    park_lock = 0;
    abandon_others();
    if (sp_thread_heap != &sp_no_heap)
        sp_thread_heap->thread = sp_os_thread_id();
}
