/* large.h - blocks that no size class holds: a run of slabs, or a segment of
 * their own. The head's header describes the one block; slab->bytes is what may
 * be used at slab->base. */
#ifndef SPACES_LARGE_H
#define SPACES_LARGE_H

#include "base.h"

/* Head of a new block; base is a multiple of `align`. NULL with *why. Thread-safe. */
SP_HIDDEN SpSlab *sp_large_alloc(SpChunk *chunk, uint64_t size, uint64_t align, int *why);
/* The same with base + offset a multiple of `align`, any power of two. */
SP_HIDDEN SpSlab *sp_large_alloc_placed(SpChunk *chunk, uint64_t size, uint64_t align,
                                        uint64_t offset, int *why);
/* False where the block was not on its chunk's list any more (freed meanwhile). Thread-safe. */
SP_HIDDEN bool sp_large_free(SpSlab *head);
/* Free all large blocks of a chunk. */
SP_HIDDEN void sp_large_release_all(SpChunk *chunk);

#endif
