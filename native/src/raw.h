/* raw.h - blocks as the engine sees them, without what the debug build puts
 * around them: from a request to a bin of a heap or to a large block, and from
 * a block back. Errors are returned, not raised. */
#ifndef SPACES_RAW_H
#define SPACES_RAW_H

#include "base.h"
#include "segment.h"

/* A block of `size` > 0 bytes at a multiple of `align` (a power of two) for
 * `chunk`, or for the calling thread's malloc where that is NULL. Flags:
 * SPACES_FLAG_*, SP_ALLOC_WORD. NULL with *why. */
SP_HIDDEN void *sp_raw_alloc(SpChunk *chunk, uint64_t size, uint64_t align, unsigned flags,
                             int *why);
/* A block of its own slabs with (block + offset) a multiple of `align`. */
SP_HIDDEN void *sp_raw_alloc_placed(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                                    unsigned flags, int *why);
/* A block of the chunk's fixed size. */
SP_HIDDEN void *sp_raw_alloc_fixed(SpChunk *chunk, int *why);
/* Give a live block back. False where it had been freed meanwhile. */
SP_HIDDEN bool sp_raw_free(SpSlab *slab, void *block);

/* Give a live block another size where it stands; false where it cannot have it. */
SP_HIDDEN bool sp_raw_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags);

/* A block or, in a mixed slab, a free stretch. */
typedef struct SpRawBlock {
    SpSlab *slab;
    char *start;
    uint64_t span;   /* bytes from its start to its end */
    uint32_t index;  /* of the block in its slab; mixed: its unit; large: 0 */
    bool known_free; /* mixed: not a live block. Other kinds do not know */
} SpRawBlock;
/* What lies at an address, any number at all; false where no block ever was. */
SP_HIDDEN bool sp_raw_find(const void *address, SpRawBlock *found);
/* Debug build: which of slab->records is the block's. */
SP_HIDDEN uint64_t sp_raw_record(const SpRawBlock *block);

#endif
