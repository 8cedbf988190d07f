/*
 * area.h - a chunk whose blocks all lie in one stretch of memory that is none
 * of our segments: a caller's area, or the data of a shared segment. The chunk
 * has a single slab, its header is SpChunk.area, and blocks of any size and
 * alignment come straight out of it (mixed.h).
 *
 *   |block|free stretch|block|block|............................|
 *   ^ base                         ^ top         ^ base + area.bytes
 *
 * Counted against the ceiling are the pages up to `area.bytes`: those up to
 * top, and those that were preallocated or are kept for reuse (free bytes, floor).
 * Of a caller's memory nothing is used but blocks and free stretches: all that is
 * known about them lies elsewhere, and what is left after the chunk's end is the
 * caller's again as it is.
 */
#ifndef SPACES_AREA_H
#define SPACES_AREA_H

#include "base.h"

/* What makes an area or a shared segment impossible. */
typedef struct SpProblem {
    int code; /* SPACES_ERR_* */
    const char *detail;
} SpProblem;

static inline bool sp_area_is(const SpChunk *chunk)
{
    return chunk->area.mixed != NULL;
}

/* Give a new, empty chunk this memory; false with *problem, the chunk is then as it was. */
SP_HIDDEN bool sp_area_open(SpChunk *chunk, void *start, uint64_t bytes, SpProblem *problem);

/* Where an area's parts lie. */
typedef struct SpAreaParts {
    void *start; /* of the range whose addresses are the chunk's */
    uint64_t bytes;
    char *base; /* of the data */
    SpMixed *mixed;
    SpRecord *records; /* debug build, else NULL */
} SpAreaParts;
/* The same with parts that exist, as they do in a shared segment. */
SP_HIDDEN bool sp_area_adopt(SpChunk *chunk, const SpAreaParts *parts, SpProblem *problem);
/* Undo either. */
SP_HIDDEN void sp_area_close(SpChunk *chunk);

/* A block of `size` > 0 bytes where (block + offset) is a multiple of `align`;
 * NULL with *why. */
SP_HIDDEN void *sp_area_alloc(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset,
                              unsigned flags, int *why);
/* A block of the chunk's fixed size. */
SP_HIDDEN void *sp_area_alloc_fixed(SpChunk *chunk, int *why);
/* Free a block: false where there is none that lives, or where the lock failed. */
SP_HIDDEN bool sp_area_free(SpSlab *slab, void *block);
/* Give a live block `size` bytes or more where it stands; false where there is no
 * room, or, with SPACES_FLAG_NO_GROW, no page that is counted. */
SP_HIDDEN bool sp_area_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags);

/* Stop counting pages that are not needed, down to the floor; bytes. */
SP_HIDDEN uint64_t sp_area_shrink(SpChunk *chunk);
/* Count `bytes` more before they are needed; false with *why. */
SP_HIDDEN bool sp_area_reserve(SpChunk *chunk, uint64_t bytes, int *why);
/* Count blocks and pages anew: other processes change a shared chunk's. */
SP_HIDDEN void sp_area_measure(SpChunk *chunk);

#endif
