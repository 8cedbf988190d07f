/* quarantine.h - freed blocks held back from reuse, so that a write or a second
 * free that comes late still finds them as they were left (debug build). First
 * in, first out, bounded in bytes and in number. Thread-safe. */
#ifndef SPACES_QUARANTINE_H
#define SPACES_QUARANTINE_H

#include "base.h"

typedef struct SpHeld {
    SpSlab *slab;
    void *block;
    uint64_t bytes;
} SpHeld;

/* Hold a block back. Those that have to leave for it are handed to `leave`, with no lock held;
 * one that will leave soon is shown to `approach`, which may look at nothing but its slab's
 * header: it is there to have the rest brought into the cache. */
SP_HIDDEN void sp_quarantine_hold(SpHeld held, void (*leave)(SpHeld), void (*approach)(SpHeld));
/* Let go of all of a chunk's blocks, or of all where that is NULL; how many. */
SP_HIDDEN uint32_t sp_quarantine_flush(const SpChunk *chunk, void (*leave)(SpHeld));
SP_HIDDEN void sp_quarantine_fork_lock(void);
SP_HIDDEN void sp_quarantine_fork(bool child);

#endif
