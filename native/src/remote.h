/*
 * remote.h - blocks that a thread frees for others, sent to their owners in
 * parcels: one compare-and-swap a parcel, not one a block.
 *
 *   free -> parcel of its slab (chain of links) -> slab->remote of the owner
 *
 * A parcel goes when another slab needs its place, when a thread's parcels hold
 * SP_PARCEL_BYTES, when the thread ends, forks or looks at the heap. Until then
 * its blocks are live to everybody else in the program; a second free of them is noticed, and
 * a reader outside takes them for free.
 * Blocks above SP_PARCEL_BLOCK bytes go at once. Fast build only.
 */
#ifndef SPACES_REMOTE_H
#define SPACES_REMOTE_H

#include "heap.h"

#define SP_PARCEL_BYTES 65536u
#define SP_PARCEL_BLOCK 1024u

/* Free a live block of a small slab of a thread heap; false: not done, it is
 * something else or not surely live. */
SP_HIDDEN bool sp_remote_free(void *pointer);
/* Send all that the calling thread has. */
SP_HIDDEN void sp_remote_flush(void);
/* Whether a block is on its way in some thread's parcel. Reads only. */
SP_HIDDEN bool sp_remote_holds(const SpSlab *slab, const void *block);

#endif
