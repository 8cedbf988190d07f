/* quarantine.c - see quarantine.h. A ring under one lock. */
#include "quarantine.h"

#if SP_DEBUG

#include "lock.h"
#include "root.h"
#include "settings.h"

#define PLACES (1u << 16)

static uint32_t ring_lock;
static SpHeld ring[PLACES];
/* Places in use from `first` on, vacated ones included; blocks in them. */
static uint32_t first, count, blocks;
static uint64_t held_bytes;

static SpHeld take_oldest(void)
{
    SpHeld held = ring[first];
    first = (first + 1) % PLACES;
    count--;
    held_bytes -= held.bytes;
    blocks -= held.slab != NULL;
    spaces_heap_root.quarantined = blocks;
    return held;
}

/* How many leave before one that is shown to `approach` does. */
#define AHEAD 6u

void sp_quarantine_hold(SpHeld held, void (*leave)(SpHeld), void (*approach)(SpHeld))
{
    uint64_t limit = sp_settings.quarantine;
    bool locked = sp_lock_unless_alone(&ring_lock);
    while (count && (count == PLACES || held_bytes + held.bytes > limit)) {
        SpHeld oldest = take_oldest();
        const SpHeld *next = &ring[(first + AHEAD) % PLACES];
        if (count > AHEAD && next->slab)
            approach(*next);
        if (!oldest.slab)
            continue;
        if (locked)
            sp_unlock(&ring_lock);
        leave(oldest);
        if (locked)
            sp_lock(&ring_lock);
    }
    ring[(first + count) % PLACES] = held;
    count++;
    held_bytes += held.bytes;
    spaces_heap_root.quarantined = ++blocks;
    if (locked)
        sp_unlock(&ring_lock);
}

/* Move the chunk's blocks (all where it is NULL) out of the ring, at most `max`. */
static uint32_t take_of_chunk(const SpChunk *chunk, SpHeld *out, uint32_t max)
{
    uint32_t taken = 0;
    sp_lock(&ring_lock);
    for (uint32_t i = 0; i < count && taken < max; i++) {
        SpHeld *place = &ring[(first + i) % PLACES];
        if (!place->slab || (chunk && place->slab->heap->chunk != chunk))
            continue;
        out[taken++] = *place;
        held_bytes -= place->bytes;
        place->slab = NULL; /* the place itself stays until its turn */
        place->bytes = 0;
    }
    blocks -= taken;
    spaces_heap_root.quarantined = blocks;
    while (count && !ring[first].slab)
        take_oldest();
    sp_unlock(&ring_lock);
    return taken;
}

uint32_t sp_quarantine_flush(const SpChunk *chunk, void (*leave)(SpHeld))
{
    SpHeld batch[256];
    uint32_t flushed = 0, taken;
    while ((taken = take_of_chunk(chunk, batch, sizeof batch / sizeof batch[0]))) {
        for (uint32_t i = 0; i < taken; i++)
            leave(batch[i]);
        flushed += taken;
    }
    return flushed;
}

void sp_quarantine_fork_lock(void)
{
    sp_lock(&ring_lock);
}

void sp_quarantine_fork(bool child)
{
    if (child)
        ring_lock = 0;
    else
        sp_unlock(&ring_lock);
}

#endif
