/*
 * block.h - blocks as programs see them: allocate, free, resize, look up.
 * block_fast.c is the fast build: the program's pointer is the engine's block.
 * block_debug.c is the debug build: records, redzones, fill patterns, quarantine.
 * The functions raise what they find.
 */
#ifndef SPACES_BLOCK_H
#define SPACES_BLOCK_H

#include "../include/spaces.h"
#include "error.h"
#include "unwind.h"

/* What the program passed, where errors are to tell more than the engine's request. */
typedef struct SpArgs {
    const void *pointer;
    const void *buffer;
    uint64_t size; /* 0: as the engine was asked */
    uint64_t count;
    unsigned flags;
} SpArgs;

/* A call of the API, for what errors tell. */
typedef struct SpCall {
    const char *function;
    SpChunk *chunk;  /* argument; NULL: the calling thread's malloc */
    SpCaller caller; /* whose stack an allocation or free keeps */
    uint8_t family;  /* SP_FAMILY_* */
    bool quiet;      /* running out is told by the return value alone */
    SpArgs args;
} SpCall;

/* `size` > 0. NULL on failure, after asking the handler for retries. */
SP_HIDDEN void *sp_block_alloc(const SpCall *call, uint64_t size, uint64_t align, unsigned flags);
/* The same with pointer + offset a multiple of `align`. */
SP_HIDDEN void *sp_block_alloc_placed(const SpCall *call, uint64_t size, uint64_t align,
                                      uint64_t offset, unsigned flags);
SP_HIDDEN void *sp_block_alloc_fixed(const SpCall *call);
/* Free what a program passes: any number at all. True: it was a live block. */
SP_HIDDEN bool sp_block_free(const SpCall *call, void *pointer);

/* What an address is. */
typedef struct SpBlockView {
    SpacesPointerStatus status;
    SpSlab *slab; /* NULL: not in our memory */
    SpChunk *chunk;
    char *pointer; /* of the block that holds the address */
    uint64_t size; /* usable */
    uint64_t requested;
    bool fixed;
} SpBlockView;
/* Look an address up without trusting it. OK and FREE only for the exact
 * address of a block. */
SP_HIDDEN void sp_block_find(const void *address, SpBlockView *view);

/* Resize in place: true where the block now has room for size bytes; view->size is
 * then what it has. The block is live. Flags: SPACES_FLAG_NO_GROW, and ZERO_INIT,
 * which clears what is new beyond view->requested too. */
SP_HIDDEN bool sp_block_resize(SpBlockView *view, uint64_t size, unsigned flags);

struct SpError;
/* Add to an error what is known of the block that its pointer lies in: its allocation,
 * its free. The fast build knows nothing. */
SP_HIDDEN void sp_block_tell_origin(const void *pointer, struct SpError *error);

/* Raise what is wrong about a pointer that should be a live block. */
SP_HIDDEN void sp_block_raise_bad(const SpCall *call, const void *pointer);
/* Raise that the pointer may be a shared chunk's block, but the chunk's lock
 * cannot be had; false where that is not so. */
SP_HIDDEN bool sp_block_raise_unusable(const SpCall *call, const void *pointer);
/* Raise a failed allocation; non-zero: the handler asks for a retry. */
SP_HIDDEN int sp_block_raise_failure(const SpCall *call, int why, uint64_t size, unsigned flags);

/* Debug build: the block, live or freed, that an address lies in, redzones included. */
typedef struct SpBlockPlace {
    SpSlab *slab;
    const SpRecord *record;
    char *pointer; /* the program's */
    uint64_t size; /* as asked for */
    uint8_t state; /* SP_RECORD_*: LIVE, QUARANTINED or FREE */
    bool in_area;
} SpBlockPlace;
/* False where there is none, or a thread is just making or freeing it. Any address, never faults.
 */
SP_HIDDEN bool sp_block_place(const void *address, SpBlockPlace *place);
/* Say in an error which block it is: chunk, address, size, number, thread, stacks. */
SP_HIDDEN void sp_block_tell(const SpBlockPlace *place, SpError *error);

/* Before a chunk goes: nothing outside may refer to its blocks any more. */
SP_HIDDEN void sp_block_forget_chunk(const SpChunk *chunk);

SP_HIDDEN void sp_block_fork_lock(void);
SP_HIDDEN void sp_block_fork(bool child);

#endif
