/*
 * guard.h - guarded blocks (debug build): each lies in pages of its own, between pages
 * that nobody may touch, so that an access outside of it stops on the very instruction,
 * reads too. Freed, all its pages are closed for as long as the limit allows.
 *
 *   run of slabs   |closed|FRONT ....|program's bytes|closed .......|   flush with the end
 *                  |closed|program's bytes|BACK .....|closed .......|   flush with the start
 *                         ^ slab->base    slab->bytes: whole pages
 *
 * To everybody else it is a large block (SP_SLAB_LARGE) whose slab has SP_SLAB_GUARDED
 * set, and SP_SLAB_SEALED while its bytes cannot be read. Pointers stay multiples of 16:
 * up to 15 bytes behind a block that is flush with its end are BACK, and checked as such
 * bytes are in other blocks.
 *
 * SPACES_GUARD   auto: the first eight allocations of each stack, in turns flush with the end and
 *                with the start; a program of 10 lines is guarded wholly, one that runs for
 *                hours pays for some thousand blocks. sampled: likewise, and one of each thousand
 *                after that. all: every one. Never more than SPACES_GUARD_LIMIT bytes of address
 *                space, live and freed ones together.
 *
 * Only malloc's blocks (the default chunk's). Thread-safe.
 */
#ifndef SPACES_GUARD_H
#define SPACES_GUARD_H

#include "base.h"
#include "unwind.h"

enum { SP_GUARD_OFF = 0, SP_GUARD_AUTO = 1, SP_GUARD_SAMPLED = 2, SP_GUARD_ALL = 3 };

/* The addresses between which guarded blocks ever lay: a debugger that sees a fault
 * outside knows that it is not ours. */
SP_EXPORT extern uint64_t spaces_guard_low, spaces_guard_high;

/* Faults come to us. No block is guarded before. */
SP_HIDDEN extern bool sp_guard_listening;

/* A guarded run for the `pass`th block (from 1; 0: not known) of its stack, *front bytes before it;
 * NULL: not wanted, or no room. Freed ones that have to leave for it are handed to `leave`, open
 * again, with no lock held. */
SP_HIDDEN SpSlab *sp_guard_alloc(uint32_t pass, uint64_t size, uint64_t align, uint64_t *front,
                                 void (*leave)(SpSlab *));
/* A guarded block was freed: close its pages. */
SP_HIDDEN void sp_guard_seal(SpSlab *slab);
/* Let go of all freed ones; how many. */
SP_HIDDEN uint32_t sp_guard_flush(void (*leave)(SpSlab *));

/* An instruction that could not access an address: true where that is in a guarded block's pages.
 * It has been told, and the page can be accessed now. */
SP_HIDDEN bool sp_guard_fault(const void *address, const SpCaller *fault, bool write);

SP_HIDDEN void sp_guard_fork_lock(void);
SP_HIDDEN void sp_guard_fork(bool child);

/* ---- guard_signal.c ------------------------------------------------------------ */

/* Have faults come to us first. */
SP_HIDDEN void sp_guard_listen(void);

#endif
