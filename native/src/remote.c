/* remote.c - see remote.h. */
#include "remote.h"

#include "chunk.h"

#if !SP_DEBUG

static void send_parcel(SpParcels *of, SpParcel *parcel)
{
    SpSlab *slab = parcel->slab;
    of->bytes -= (uint64_t)parcel->count * slab->block_size;
    sp_heap_free_chain(slab, parcel->head, parcel->tail, parcel->count);
    sp_store(&parcel->slab, NULL);
}

static void send_all(SpParcels *of)
{
    for (SpParcel *parcel = of->parcels; parcel < of->parcels + SP_PARCELS && of->bytes; parcel++)
        if (parcel->slab)
            send_parcel(of, parcel);
}

/* The parcel that a slab's blocks go into, its own or another's. */
static SpParcel *place_of(SpParcels *of, const void *block)
{
    uint64_t number = (uintptr_t)block >> SP_SLAB_SHIFT;
    return &of->parcels[(number ^ number >> 6) % SP_PARCELS];
}

static void add(SpParcels *of, SpParcel *parcel, SpSlab *slab, void *block)
{
    sp_store(sp_link_at(block), parcel->head ^ slab->key);
    sp_store(&parcel->head, (uint16_t)(uintptr_t)block); /* a slab is aligned to its links' range */
    sp_store(&parcel->count, parcel->count + 1);
    of->bytes += slab->block_size;
    if (sp_unlikely(of->bytes >= SP_PARCEL_BYTES))
        send_all(of);
}

/* Whether a block of the slab starts here and may be live. */
static bool is_block(const SpSlab *slab, const void *pointer)
{
    uint32_t offset = (uint16_t)(uintptr_t)pointer;
    uint32_t index = (uint32_t)(((uint64_t)offset * slab->reciprocal) >> 32);
    return index * slab->block_size == offset && index < sp_load(&slab->carved) &&
           !sp_slab_looks_free(slab, pointer);
}

/* Where the parcel's place is another slab's, or the slab is none whose blocks are sent. */
static SP_NOINLINE bool free_first(SpSlab *slab, void *pointer)
{
    if (slab->kind != SP_SLAB_SMALL || !is_block(slab, pointer))
        return false;
    SpHeap *heap = slab->heap;
    if (heap == sp_thread_heap) {
        sp_heap_free_local(slab, pointer);
        return true;
    }
    if (heap->policy != SP_POLICY_THREAD || heap->chunk->kind != SP_CHUNK_DEFAULT ||
        slab->block_size > SP_PARCEL_BLOCK)
        return false;
    /* A thread that only frees gets a heap for its parcels. */
    const SpHeap *mine = sp_heap_attach();
    if (!mine || mine == heap)
        return false;
    SpParcel *parcel = place_of(mine->parcels, pointer);
    if (parcel->slab)
        send_parcel(mine->parcels, parcel);
    parcel->count = 0;
    parcel->head = SP_LINK_END;
    parcel->tail = (uint16_t)(uintptr_t)pointer;
    sp_store(&parcel->slab, slab);
    add(mine->parcels, parcel, slab, pointer);
    return true;
}

bool sp_remote_free(void *pointer)
{
    SpSlab *slab = sp_slab_of_known(pointer);
    if (!slab)
        return false;
    SpParcels *own = sp_thread_heap->parcels;
    SpParcel *parcel = own ? place_of(own, pointer) : NULL;
    if (sp_unlikely(!parcel || parcel->slab != slab))
        return free_first(slab, pointer);
    /* The slab has live blocks, so that it is still what it was. */
    if (sp_unlikely(!is_block(slab, pointer)))
        return false;
    add(own, parcel, slab, pointer);
    return true;
}

void sp_remote_flush(void)
{
    if (sp_thread_heap->parcels)
        send_all(sp_thread_heap->parcels);
}

/* Whether a chain, of which others may be at work, has the block. */
static bool on_chain(const SpParcel *parcel, const SpSlab *slab, const void *block)
{
    if (sp_load(&parcel->slab) != slab)
        return false;
    uint32_t link = sp_load(&parcel->head);
    for (uint32_t i = sp_load(&parcel->count); i && link < SP_LINK_END; i--) {
        const char *at = sp_slab_block(slab, link);
        if (at == block)
            return true;
        link = sp_load(sp_link_at(at)) ^ slab->key;
    }
    return false;
}

static bool has_block(const SpHeap *heap, const SpSlab *slab, const void *block)
{
    for (unsigned i = 0; heap->parcels && i < SP_PARCELS; i++)
        if (on_chain(&heap->parcels->parcels[i], slab, block))
            return true;
    return false;
}

bool sp_remote_holds(const SpSlab *slab, const void *block)
{
    const SpChunk *chunk = (const SpChunk *)spaces_default_chunk;
    if (slab->kind != SP_SLAB_SMALL || !chunk)
        return false;
    for (const SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        if (has_block(heap, slab, block))
            return true;
    return has_block(sp_thread_heap, slab, block);
}

#else

bool sp_remote_free(void *pointer)
{
    (void)pointer;
    return false;
}

void sp_remote_flush(void) {}

bool sp_remote_holds(const SpSlab *slab, const void *block)
{
    (void)slab;
    (void)block;
    return false;
}

#endif
