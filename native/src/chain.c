/* chain.c - see chain.h. */
#include "chain.h"

#include <string.h>

#include "meta.h"
#include "segment.h"

static bool owns(const void *start, size_t bytes)
{
    uintptr_t address = (uintptr_t)start;
    return address % 8 == 0 && sp_meta_owns(start) && sp_meta_owns((const char *)start + bytes - 1);
}

bool sp_chain_is_heap(const SpChunk *chunk, const SpHeap *heap)
{
    return owns(heap, sizeof *heap) && heap->chunk == chunk;
}

SpChunk *sp_chain_owner(const SpSlab *slab)
{
    const SpHeap *heap = slab->heap;
    if (!owns(heap, sizeof *heap) || !owns(heap->chunk, sizeof *heap->chunk))
        return NULL;
    return heap->chunk->magic == SP_CHUNK_MAGIC ? heap->chunk : NULL;
}

/* Whether there is a slab's header at an address, any number at all, that a list of the chunk may
 * name. */
static bool is_slab(const SpChunk *chunk, const SpSlab *slab)
{
    uintptr_t address = (uintptr_t)slab, into = address & (SP_SEGMENT_SIZE - 1);
    if (slab == &chunk->area)
        return true;
    if (address >> SP_ADDRESS_BITS || into < offsetof(SpSegment, slabs[1]) ||
        into >= sizeof(SpSegment) || (into - offsetof(SpSegment, slabs)) % sizeof(SpSlab))
        return false;
    uint8_t here = sp_load_acquire(&sp_segment_map[address >> SP_SEGMENT_SHIFT]);
    return (here & ~SP_MAP_AREA) == SP_MAP_SEGMENT;
}

/* Fill *damage: the link at an offset of a structure of ours leads astray. */
static void *astray(SpDamage *damage, const char *structure, const void *start, uint64_t size,
                    const void *link, const char *reason)
{
    *damage = (SpDamage){.kind = SP_DAMAGE_METADATA,
                         .index = SP_NO_BLOCK,
                         .address = (uintptr_t)start,
                         .size = size,
                         .offset = (const char *)link - (const char *)start,
                         .first = (const char *)link - (const char *)start,
                         .length = sizeof(void *),
                         .reason = reason,
                         .structure = structure};
    memcpy(damage->bytes, link, sizeof(void *));
    return NULL;
}

SpHeap *sp_chain_heap_of(const SpChunk *chunk, const SpSlab *slab, SpDamage *damage)
{
    damage->kind = SP_DAMAGE_NONE;
    if (sp_chain_is_heap(chunk, slab->heap))
        return slab->heap;
    return astray(damage, "The slab header", slab, sizeof *slab, &slab->heap,
                  "the heap it names is none of its chunk's");
}

/* Whether the list comes by `wanted` on its way from the first heap to `last`. */
static bool comes_by(const SpChunk *chunk, const SpHeap *last, const SpHeap *wanted)
{
    for (const SpHeap *heap = sp_load_acquire(&chunk->heaps); sp_chain_is_heap(chunk, heap);
         heap = sp_load(&heap->next)) {
        if (heap == wanted)
            return true;
        if (heap == last)
            break;
    }
    return false;
}

SpHeap *sp_chain_heap(SpChunk *chunk, SpHeap *heap, SpDamage *damage)
{
    damage->kind = SP_DAMAGE_NONE;
    if (heap == &chunk->own)
        return NULL;
    SpHeap *const *link = heap ? &heap->next : &chunk->heaps;
    SpHeap *next = sp_load_acquire(link);
    if (sp_chain_is_heap(chunk, next) && !(heap && comes_by(chunk, heap, next)))
        return next;
    return heap ? astray(damage, "A heap", heap, sizeof *heap, link,
                         "its link to the next heap of its chunk was overwritten")
                : astray(damage, "A chunk", chunk, sizeof *chunk, link,
                         "its list of heaps was overwritten");
}

SpSlab *sp_chain_slab(SpChunk *chunk, SpHeap *heap, SpSlab *slab, SpDamage *damage)
{
    SpSlab *const *link = slab ? &slab->all_next : heap ? &heap->slabs : &chunk->large;
    SpSlab *next = sp_load_acquire(link);
    damage->kind = SP_DAMAGE_NONE;
    if (!next || (is_slab(chunk, next) && sp_load(&next->all_prev) == slab))
        return next;
    if (slab)
        return astray(damage, "The slab header", slab, sizeof *slab, link,
                      "its link to the next slab, or that one's link back, was overwritten");
    return heap ? astray(damage, "A heap", heap, sizeof *heap, link,
                         "its list of slabs, or the first one's link back, was overwritten")
                : astray(damage, "A chunk", chunk, sizeof *chunk, link,
                         "its list of large blocks, or the first one's link back, was overwritten");
}
