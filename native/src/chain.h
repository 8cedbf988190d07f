/*
 * chain.h - a chunk's lists, followed though they may be damaged: no link is
 * believed before what it leads to is known to be ours and to point back.
 *
 *   chunk->heaps -> heap -> heap -> own heap
 *                    |slabs
 *                    slab <-> slab <-> slab       all_next, all_prev
 *
 * A slab is reached from the one that its all_prev names, the first one from
 * none: so no list of slabs can come back to where it was.
 */
#ifndef SPACES_CHAIN_H
#define SPACES_CHAIN_H

#include "base.h"
#include "walker.h"

/* Whether a heap of the chunk stands at an address, any number at all. */
SP_HIDDEN bool sp_chain_is_heap(const SpChunk *chunk, const SpHeap *heap);
/* The chunk whose slab this is; NULL where its header does not name one. */
SP_HIDDEN SpChunk *sp_chain_owner(const SpSlab *slab);

/* The heap of the chunk that a slab belongs to; NULL, with *damage filled, where its header names
 * none. */
SP_HIDDEN SpHeap *sp_chain_heap_of(const SpChunk *chunk, const SpSlab *slab, SpDamage *damage);

/* The chunk's first heap, or the one behind `heap`. NULL at the end, and, with
 * *damage filled, where the list is damaged. */
SP_HIDDEN SpHeap *sp_chain_heap(SpChunk *chunk, SpHeap *heap, SpDamage *damage);
/* The first slab of a heap (of the chunk's large blocks where that is NULL), or
 * the one behind `slab`. NULL as above. */
SP_HIDDEN SpSlab *sp_chain_slab(SpChunk *chunk, SpHeap *heap, SpSlab *slab, SpDamage *damage);

#endif
