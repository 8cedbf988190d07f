/*
 * chunk.h - a heap region as an object: its limits, its accounting, its heaps
 * and its large blocks. Everything that has a ceiling, can be walked, checked
 * or destroyed is one of these.
 */
#ifndef SPACES_CHUNK_H
#define SPACES_CHUNK_H

#include "../include/spaces.h"
#include "base.h"
#include "root.h"

/* The invariant of every use of a handle: ours, alive, and where it says it is. */
static inline bool sp_chunk_is_valid(const SpChunk *chunk)
{
    return chunk && ((uintptr_t)chunk & 7) == 0 && chunk->magic == SP_CHUNK_MAGIC &&
           chunk->cookie == ((uintptr_t)chunk ^ spaces_heap_root.cookie);
}
/* The same for a handle from outside, which may be any number. Never faults. */
SP_HIDDEN SpChunk *sp_chunk_from(SpacesChunk handle);

/* Chunks that anybody may use as they stand: alive, of the pool's memory, not serialised, not
 * zeroing. Each at its place, or not at all where another one has it, as what to add to the
 * table's own address: that is what stands at a vacant place, and no chunk's handle. */
#define SP_OPEN_CHUNKS 65536u
/* The allocator's own memory comes in powers of two: so do no two chunks that lie side by side
 * share a place, and none is left out. */
#define SP_OPEN_SHIFT 11
SP_LAYOUT_ASSERT(sizeof(SpChunk) > 1u << (SP_OPEN_SHIFT - 1) &&
                     sizeof(SpChunk) <= 1u << SP_OPEN_SHIFT,
                 "a chunk takes a piece of this size");
SP_HIDDEN extern uint64_t sp_open_chunks[SP_OPEN_CHUNKS];
static inline uint64_t *sp_open_entry(const SpChunk *chunk)
{
    return &sp_open_chunks[((uintptr_t)chunk >> SP_OPEN_SHIFT) % SP_OPEN_CHUNKS];
}
/* The chunk at the place of a handle, any number at all, if it is the one. */
static inline bool sp_open_is(const SpChunk *chunk)
{
    return (uintptr_t)sp_open_chunks + sp_load_folded(sp_open_entry(chunk)) == (uintptr_t)chunk;
}
/* After a change of what decides that; `alive`: false before the chunk goes. */
SP_HIDDEN void sp_chunk_set_open(SpChunk *chunk, bool alive);

/* The default chunk, made on first use; NULL where there is no memory for it. */
SP_HIDDEN SpChunk *sp_chunk_default(void);
/* A new chunk of a kind; NULL with *why. */
SP_HIDDEN SpChunk *sp_chunk_new(uint32_t kind, unsigned flags, int *why);
/* Give back all that it holds. Not for the default chunk. */
SP_HIDDEN void sp_chunk_delete(SpChunk *chunk);
SP_HIDDEN void sp_chunk_add_heap(SpChunk *chunk, SpHeap *heap);

/* The page size that a request for one gets: a power of two, 4 to 64 KiB. */
SP_HIDDEN uint32_t sp_chunk_page_size(unsigned asked);
/* After a change of max_suballoc, small_block_size or small_allocator. */
SP_HIDDEN void sp_chunk_set_bin_max(SpChunk *chunk);
/* Page size, as a power of two, of what the chunk takes next. */
SP_HIDDEN uint8_t sp_chunk_page_shift(const SpChunk *chunk);
/* Make it a chunk for blocks of `size` bytes. */
SP_HIDDEN void sp_chunk_set_fixed_size(SpChunk *chunk, uint32_t size);

/* Count memory against the ceiling; false where it does not fit. Any thread. */
SP_HIDDEN bool sp_chunk_charge(SpChunk *chunk, uint64_t bytes);
SP_HIDDEN void sp_chunk_uncharge(SpChunk *chunk, uint64_t bytes);

/* Live blocks of the chunk. */
SP_HIDDEN uint64_t sp_chunk_live(SpChunk *chunk);
/* Give empty slabs back; bytes given. */
SP_HIDDEN uint64_t sp_chunk_shrink(SpChunk *chunk);

SP_HIDDEN void sp_chunk_fork_lock(void);
SP_HIDDEN void sp_chunk_fork(bool child);

#endif
