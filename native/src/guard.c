/* guard.c - see guard.h. */
#include "guard.h"

#if SP_DEBUG

#include "../include/spaces.h"
#include "access.h"
#include "block.h"
#include "chunk.h"
#include "heap.h"
#include "large.h"
#include "lock.h"
#include "os.h"
#include "segment.h"
#include "settings.h"

#define PAGE 4096u
/* `auto`: allocations of a stack that are guarded; blocks of a process in all, so that a program
 * of many stacks pays for no more. */
#define OF_A_STACK   8u
#define OF_A_PROCESS 4096u
/* `sampled`: one in so many, on the average. */
#define SAMPLE 1000u
/* Largest block that `auto` and `sampled` guard. */
#define SAMPLE_MAX (UINT64_C(1) << 20)

uint64_t spaces_guard_low = UINT64_MAX, spaces_guard_high;

bool sp_guard_listening;

static uint32_t guard_lock;
static uint64_t address_space; /* bytes of runs, live and sealed */
static uint32_t made;
/* Sealed blocks, oldest first, by slab->next. */
static SpSlab *oldest, *newest;

static uint64_t run_bytes(const SpSlab *slab)
{
    return (uint64_t)slab->slabs << SP_SLAB_SHIFT;
}

/* ---- which ------------------------------------------------------------------- */

static bool in_sample(void)
{
    static SP_TLS uint64_t state;
    static SP_TLS uint32_t distance;
    if (distance--)
        return false;
    state = sp_mix(state + (uintptr_t)&state);
    distance = (uint32_t)(state % (2 * SAMPLE));
    return true;
}

/* Whether to guard an allocation, the how-manieth of its stack (0: not known). */
static bool wanted(uint32_t pass, uint64_t size)
{
    if (size < sp_settings.guard_least || size > sp_settings.guard_most)
        return false;
    if (sp_settings.guard == SP_GUARD_ALL)
        return true;
    if (size > SAMPLE_MAX || sp_load(&spaces_heap_root.heap_limit) != SP_NO_LIMIT)
        return false;
    bool first = pass && pass <= OF_A_STACK && sp_load(&made) < OF_A_PROCESS;
    return first || (sp_settings.guard == SP_GUARD_SAMPLED && in_sample());
}

/* ---- making and closing ---------------------------------------------------------- */

static SpSlab *take_oldest_locked(void)
{
    SpSlab *slab = oldest;
    if (slab) {
        oldest = slab->next;
        if (!oldest)
            newest = NULL;
        slab->next = NULL;
        address_space -= run_bytes(slab);
    }
    return slab;
}

/* All pages as the pool wants them. */
static void open_run(SpSlab *slab)
{
    char *start = sp_slab_address(slab);
    sp_os_protect(start, run_bytes(slab), true);
    sp_os_discard(start, run_bytes(slab));
    sp_store(&slab->flags, (uint8_t)(slab->flags & ~(SP_SLAB_GUARDED | SP_SLAB_SEALED)));
}

/* Room for so many bytes: what was freed long ago makes it. */
static bool reserve(uint64_t bytes, void (*leave)(SpSlab *))
{
    sp_lock(&guard_lock);
    while (address_space + bytes > sp_settings.guard_limit && oldest) {
        SpSlab *slab = take_oldest_locked();
        sp_unlock(&guard_lock);
        open_run(slab);
        leave(slab);
        sp_lock(&guard_lock);
    }
    bool room = address_space + bytes <= sp_settings.guard_limit;
    if (room)
        address_space += bytes;
    sp_unlock(&guard_lock);
    return room;
}

static void widen(const char *start, uint64_t bytes)
{
    uint64_t low = sp_load(&spaces_guard_low);
    while (low > (uintptr_t)start && !sp_cas(&spaces_guard_low, &low, (uintptr_t)start)) {
    }
    sp_raise(&spaces_guard_high, (uintptr_t)start + bytes);
}

SpSlab *sp_guard_alloc(uint32_t pass, uint64_t size, uint64_t align, uint64_t *front,
                       void (*leave)(SpSlab *))
{
    if (!sp_load_acquire(&sp_guard_listening) || align > PAGE || !wanted(pass, size))
        return NULL;
    SpChunk *chunk = sp_chunk_default();
    if (!chunk || chunk->ceiling != SP_NO_LIMIT ||
        chunk->flags & (SPACES_CHUNK_ZERO_INIT | SPACES_CHUNK_VIRTUAL_LOCK) ||
        (sp_thread_heap->chunk && sp_thread_heap->chunk != chunk))
        return NULL;
    uint64_t pages = sp_round_up(size ? size : 1, PAGE),
             run = sp_round_up(pages + 2 * PAGE, SP_SLAB_SIZE);
    if (size > SP_RUN_MAX * SP_SLAB_SIZE - 2 * PAGE || !reserve(run, leave))
        return NULL;
    int why;
    SpSlab *slab = sp_large_alloc(chunk, run, SP_SLAB_SIZE, &why);
    if (!slab || slab->slabs != run >> SP_SLAB_SHIFT) {
        if (slab)
            sp_large_free(slab);
        sp_lock(&guard_lock);
        address_space -= run;
        sp_unlock(&guard_lock);
        return NULL;
    }
    sp_add(&made, 1);
    char *start = sp_slab_address(slab), *data = start + PAGE;
    widen(start, run);
    sp_os_protect(start, PAGE, false);
    sp_os_protect(data + pages, run - pages - PAGE, false);
    /* Whoever looks from outside finds a block that fits its run at every step. */
    sp_store_release(&slab->bytes, pages);
    sp_store_release(&slab->base, data);
    slab->next = NULL;
    sp_store(&slab->flags, (uint8_t)((slab->flags & ~SP_SLAB_ZEROED) | SP_SLAB_GUARDED));
    bool at_start = pass && pass % 2 == 0;
    *front = at_start ? 0 : (pages - size) & ~((align > 16 ? align : 16) - 1);
    return slab;
}

void sp_guard_seal(SpSlab *slab)
{
    /* First: a reader is not to look at pages that are being closed. */
    sp_store_release(&slab->flags, (uint8_t)(slab->flags | SP_SLAB_SEALED));
    sp_os_protect(sp_slab_address(slab), run_bytes(slab), false);
    sp_lock(&guard_lock);
    if (newest)
        newest->next = slab;
    else
        oldest = slab;
    newest = slab;
    sp_unlock(&guard_lock);
}

uint32_t sp_guard_flush(void (*leave)(SpSlab *))
{
    uint32_t flushed = 0;
    for (;; flushed++) {
        sp_lock(&guard_lock);
        SpSlab *slab = take_oldest_locked();
        sp_unlock(&guard_lock);
        if (!slab)
            return flushed;
        open_run(slab);
        leave(slab);
    }
}

/* ---- faults --------------------------------------------------------------------- */

/* Make what was touched accessible, so that the program goes on. */
static void open_page(SpSlab *slab, const char *address)
{
    if (slab->flags & SP_SLAB_SEALED) {
        sp_os_protect(slab->base, slab->bytes, true);
        sp_store_release(&slab->flags, (uint8_t)(slab->flags & ~SP_SLAB_SEALED));
    }
    if (address < slab->base || address >= slab->base + slab->bytes)
        sp_os_protect((void *)((uintptr_t)address & ~(uintptr_t)(PAGE - 1)), PAGE, true);
}

bool sp_guard_fault(const void *address, const SpCaller *fault, bool write)
{
    SpBlockPlace place;
    if (!sp_block_place(address, &place) || !(place.slab->flags & SP_SLAB_GUARDED))
        return false;
    /* A check of ours may look at a block that another thread is just freeing. */
    if (!sp_unwind_is_own(fault->pc))
        sp_access_raise(&place, &(SpAccessed){.address = address,
                                              .size = 1,
                                              .access = write ? SP_ACCESS_WRITE : SP_ACCESS_READ,
                                              .fault = fault});
    open_page(place.slab, address);
    return true;
}

void sp_guard_fork_lock(void)
{
    sp_lock(&guard_lock);
}

void sp_guard_fork(bool child)
{
    if (child)
        guard_lock = 0;
    else
        sp_unlock(&guard_lock);
}

#endif
