/* area.c - see area.h. */
#include "area.h"

#include <string.h>

#include "../include/spaces.h"
#include "area_map.h"
#include "chunk.h"
#include "error.h"
#include "heap.h"
#include "heap_mixed.h"
#include "meta.h"
#include "mixed.h"
#include "os.h"
#include "shared.h"

#define UNIT       (UINT64_C(1) << SP_MIXED_SHIFT)
#define MAX_UNITS  (SP_MIXED_NO_UNIT - 1)
#define RECORDS(n) (SP_MIXED_RECORD(n) + 1)

/* ---- an area comes and goes -------------------------------------------------- */

static bool fail(SpProblem *problem, int code, const char *detail)
{
    problem->code = code;
    problem->detail = detail;
    return false;
}

bool sp_area_adopt(SpChunk *chunk, const SpAreaParts *parts, SpProblem *problem)
{
    SpSlab *slab = &chunk->area;
    uint32_t key = (uint32_t)parts->mixed->key;
    uint64_t data = (uint64_t)parts->mixed->units << parts->mixed->shift;
    slab->base = parts->base;
    slab->mixed = parts->mixed;
    slab->records = parts->records;
    slab->key = key >> 16 ? key : key | 0x10000u;
    slab->free = SP_LINK_END;
    slab->remote = SP_REMOTE_EMPTY;
    slab->block_size = 1u << SP_MIXED_SHIFT;
    slab->reciprocal = (uint32_t)((UINT64_C(1) << 32) >> SP_MIXED_SHIFT);
    slab->shift = SP_MIXED_SHIFT;
    slab->carved = slab->capacity = parts->mixed->units;
    slab->slabs = (uint32_t)(sp_round_up(data, SP_SLAB_SIZE) >> SP_SLAB_SHIFT);
    slab->page_shift = sp_chunk_page_shift(chunk);
    chunk->small_allocator = SPACES_SMALL_NONE;
    slab->flags = SP_SLAB_AREA;
    slab->heap = &chunk->own;
    sp_store_release(&slab->kind, SP_SLAB_MIXED);
    if ((chunk->flags & SPACES_CHUNK_VIRTUAL_LOCK) && !sp_os_pin(parts->start, parts->bytes)) {
        slab->mixed = NULL;
        return fail(problem, SPACES_ERR_OUT_OF_MEMORY,
                    "the memory cannot be locked (see ulimit -l)");
    }
    SpAreaAdded added = sp_area_map_add(parts->start, parts->bytes, slab);
    if (added != SP_AREA_ADDED) {
        if (chunk->flags & SPACES_CHUNK_VIRTUAL_LOCK)
            sp_os_unpin(parts->start, parts->bytes);
        slab->mixed = NULL;
        return added == SP_AREA_OVERLAPS
                   ? fail(problem, SPACES_ERR_BAD_POINTER,
                          "a part of this memory belongs to another chunk's area")
                   : fail(problem, SPACES_ERR_OUT_OF_MEMORY, "no memory for the table of areas");
    }
    sp_store_release(&chunk->own.slabs, slab);
    return true;
}

/* A piece for all that is known about an area's blocks: SpMixed, then records. */
static uint64_t about_bytes(uint64_t data)
{
    uint64_t mixed = sp_round_up(sp_mixed_bytes(data, SPACES_SMALL_NONE), sizeof(SpRecord));
    return mixed + (SP_DEBUG ? RECORDS(data) * sizeof(SpRecord) : 0);
}

static uint64_t data_bytes(const SpSlab *slab)
{
    return (uint64_t)slab->mixed->units << slab->mixed->shift;
}

bool sp_area_open(SpChunk *chunk, void *start, uint64_t bytes, SpProblem *problem)
{
    uintptr_t base = sp_round_up((uintptr_t)start, UNIT);
    uint64_t lost = base - (uintptr_t)start;
    uint64_t data = lost < bytes ? (bytes - lost) & ~(UNIT - 1) : 0;
    if (data < (SP_DEBUG ? SP_MIXED_RECORD_STEP : UNIT))
        return fail(problem, SPACES_ERR_BLOCK_TOO_BIG, "not one block fits into this memory");
    if (data / UNIT > MAX_UNITS)
        return fail(problem, SPACES_ERR_BLOCK_TOO_BIG, "an area has at most 64 GiB");
    SpMixed *mixed = sp_meta_alloc(about_bytes(data));
    if (!mixed)
        return fail(problem, SPACES_ERR_OUT_OF_MEMORY,
                    "no memory for what is to be known about it");
    sp_mixed_init(mixed, data, SPACES_SMALL_NONE, sp_os_random());
    uint64_t records = sp_round_up(sp_mixed_bytes(data, SPACES_SMALL_NONE), sizeof(SpRecord));
    SpAreaParts parts = {start, bytes, (char *)base, mixed,
                         SP_DEBUG ? (SpRecord *)((char *)mixed + records) : NULL};
    if (sp_area_adopt(chunk, &parts, problem))
        return true;
    sp_meta_free(mixed, about_bytes(data));
    return false;
}

void sp_area_close(SpChunk *chunk)
{
    SpSlab *slab = &chunk->area;
    char *start;
    uint64_t bytes;
    chunk->own.slabs = NULL;
    if ((chunk->flags & SPACES_CHUNK_VIRTUAL_LOCK) && sp_area_map_range(slab->base, &start, &bytes))
        sp_os_unpin(start, bytes);
    sp_area_map_drop(slab->base);
    sp_store(&slab->kind, SP_SLAB_UNUSED);
    if (!chunk->shared)
        sp_meta_free(slab->mixed, about_bytes(data_bytes(slab)));
    slab->mixed = NULL;
    slab->records = NULL;
}

/* ---- who may touch it ---------------------------------------------------------- */

/* Begin to use the area; false with *why where the lock cannot be had. */
static bool enter(SpChunk *chunk, bool *locked, int *why)
{
    *locked = sp_heap_lock(&chunk->own);
    if (sp_likely(!chunk->shared || sp_shared_is_held(chunk)))
        return true;
    *why = sp_shared_trouble(chunk)->code;
    sp_heap_unlock(&chunk->own, *locked);
    return false;
}

static void leave(SpChunk *chunk, bool locked)
{
    SpSlab *slab = &chunk->area;
    sp_store(&slab->used, slab->mixed->blocks);
    sp_mixed_tell_damage(slab);
    sp_heap_unlock(&chunk->own, locked);
}

/* ---- pages --------------------------------------------------------------------- */

static uint64_t page(const SpChunk *chunk)
{
    return UINT64_C(1) << sp_chunk_page_shift(chunk);
}

static uint64_t bytes_to(uint32_t unit)
{
    return (uint64_t)unit << SP_MIXED_SHIFT;
}

/* Bytes of the pages up to a unit, as pages are now. */
static uint64_t pages_to(const SpChunk *chunk, uint32_t unit)
{
    uint64_t pages = sp_round_up(bytes_to(unit), page(chunk)), all = data_bytes(&chunk->area);
    return pages < all ? pages : all;
}

static void set_counted(SpChunk *chunk, uint64_t bytes)
{
    chunk->area.bytes = chunk->own.footprint = bytes;
    sp_store(&chunk->footprint, bytes);
    sp_raise(&chunk->peak, bytes);
}

/* Count what top needs: another process may have moved it. */
static void settle(SpChunk *chunk)
{
    uint32_t top = chunk->area.mixed->top;
    if (bytes_to(top) > chunk->area.bytes)
        set_counted(chunk, pages_to(chunk, top));
}

/* Of what is counted beyond top, keep `spare` bytes and what the floor says. */
static void trim(SpChunk *chunk, uint64_t spare)
{
    uint64_t needed = pages_to(chunk, chunk->area.mixed->top);
    uint64_t counted = chunk->area.bytes, most = chunk->floor;
    if (spare < counted && needed + spare > most)
        most = needed + spare;
    if (spare >= counted || most >= counted)
        return;
    most = sp_round_up(most, page(chunk));
    if (most < needed)
        most = needed;
    if (most < counted)
        set_counted(chunk, most);
}

/* Have the pages up to a unit counted; false with *why. */
static bool count_to(SpChunk *chunk, uint32_t top, unsigned flags, int *why)
{
    uint64_t needed = pages_to(chunk, top);
    if (bytes_to(top) <= chunk->area.bytes)
        return true;
    if (flags & SPACES_FLAG_NO_GROW)
        *why = SPACES_ERR_OUT_OF_MEMORY;
    else if (needed > sp_load(&chunk->ceiling))
        *why = SPACES_ERR_EXCEEDED_CEILING;
    else {
        set_counted(chunk, needed);
        return true;
    }
    return false;
}

/* ---- blocks -------------------------------------------------------------------- */

/* A block's unit, SP_MIXED_NO_UNIT where it holds `why`. */
static uint32_t take(SpChunk *chunk, const SpMixedNeed *need, unsigned flags, int *why)
{
    SpMixed *mixed = chunk->area.mixed;
    char *base = chunk->area.base;
    settle(chunk);
    uint32_t unit = sp_mixed_take(mixed, base, need);
    if (unit != SP_MIXED_NO_UNIT)
        return unit;
    uint32_t top = sp_mixed_top_for(mixed, base, need);
    if (top == SP_MIXED_NO_UNIT) {
        *why = SPACES_ERR_OUT_OF_MEMORY;
        return top;
    }
    return count_to(chunk, top, flags, why) ? sp_mixed_extend(mixed, base, need) : SP_MIXED_NO_UNIT;
}

void *sp_area_alloc(SpChunk *chunk, uint64_t size, uint64_t align, uint64_t offset, unsigned flags,
                    int *why)
{
    SpSlab *slab = &chunk->area;
    bool locked;
    *why = SPACES_OK;
    SpMixedNeed need = {.align = align > UNIT ? align : UNIT, .skew = offset & (align - 1)};
    if (need.skew & (UNIT - 1)) {
        /* Blocks start at units: none has such an address. */
        *why = SPACES_ERR_BAD_ALIGNMENT;
        return NULL;
    }
    if (!sp_shared_is_sound(chunk)) {
        /* Its lock tells why. */
        *why = sp_shared_is_usable(chunk) ? SPACES_ERR_BAD_CHUNK : sp_shared_trouble(chunk)->code;
        return NULL;
    }
    need.units = sp_mixed_units(slab->mixed, size);
    /* A record's 32 bits say how much was asked for. */
    if (need.units == SP_MIXED_NO_UNIT || (SP_DEBUG && size > UINT32_MAX)) {
        *why = SPACES_ERR_BLOCK_TOO_BIG;
        return NULL;
    }
    if (!enter(chunk, &locked, why))
        return NULL;
    uint32_t unit = take(chunk, &need, flags, why);
    leave(chunk, locked);
    if (unit == SP_MIXED_NO_UNIT)
        return NULL;
    char *block = slab->base + ((uint64_t)unit << SP_MIXED_SHIFT);
    /* All of it: resizing into its slack finds zeroes. */
    if (flags & SPACES_FLAG_ZERO_INIT)
        memset(block, 0, (uint64_t)need.units << SP_MIXED_SHIFT);
    return block;
}

void *sp_area_alloc_fixed(SpChunk *chunk, int *why)
{
    void *block = sp_area_alloc(chunk, chunk->block_size, 1, 0, 0, why);
    if (block)
        sp_store(&chunk->area.flags, SP_SLAB_AREA | SP_SLAB_FIXED);
    return block;
}

/* The unit that a block starts at. */
static uint32_t unit_of(const SpSlab *slab, const void *block)
{
    return (uint32_t)((uint64_t)((const char *)block - slab->base) >> SP_MIXED_SHIFT);
}

bool sp_area_free(SpSlab *slab, void *block)
{
    SpChunk *chunk = slab->heap->chunk;
    bool locked;
    int why;
    if (!enter(chunk, &locked, &why))
        return false;
    settle(chunk);
    uint32_t top = slab->mixed->top;
    bool lived = sp_mixed_free(slab->mixed, slab->base, unit_of(slab, block));
    if (slab->mixed->top < top)
        trim(chunk, chunk->free_bytes);
    leave(chunk, locked);
    return lived;
}

/* With the area entered. */
static bool resize(SpChunk *chunk, uint32_t unit, uint32_t units, unsigned flags)
{
    SpMixed *mixed = chunk->area.mixed;
    int why;
    if (!sp_mixed_is_live(mixed, unit))
        return false;
    if (sp_mixed_resize(mixed, chunk->area.base, unit, units))
        return true;
    if (!sp_mixed_may_stretch(mixed, unit, units) || !count_to(chunk, unit + units, flags, &why))
        return false;
    sp_mixed_stretch(mixed, unit, units);
    return true;
}

bool sp_area_resize(SpSlab *slab, void *block, uint64_t size, unsigned flags)
{
    SpChunk *chunk = slab->heap->chunk;
    uint32_t units = sp_mixed_units(slab->mixed, size);
    bool locked;
    int why;
    if (units == SP_MIXED_NO_UNIT || !enter(chunk, &locked, &why))
        return false;
    settle(chunk);
    uint32_t top = slab->mixed->top;
    bool done = resize(chunk, unit_of(slab, block), units, flags);
    if (slab->mixed->top < top)
        trim(chunk, chunk->free_bytes);
    leave(chunk, locked);
    return done;
}

/* ---- giving back ----------------------------------------------------------------- */

uint64_t sp_area_shrink(SpChunk *chunk)
{
    bool locked;
    int why;
    if (!enter(chunk, &locked, &why))
        return 0;
    settle(chunk);
    uint64_t before = chunk->area.bytes;
    trim(chunk, 0);
    uint64_t after = chunk->area.bytes;
    leave(chunk, locked);
    return before > after ? before - after : 0;
}

bool sp_area_reserve(SpChunk *chunk, uint64_t bytes, int *why)
{
    bool locked;
    if (!enter(chunk, &locked, why))
        return false;
    settle(chunk);
    uint64_t before = chunk->area.bytes, all = data_bytes(&chunk->area);
    bool fits = bytes <= all - before;
    uint64_t wanted = fits ? before + sp_round_up(bytes, page(chunk)) : all;
    if (wanted > all)
        wanted = all;
    if (!fits)
        *why = SPACES_ERR_OUT_OF_MEMORY;
    else if (wanted > sp_load(&chunk->ceiling))
        *why = SPACES_ERR_EXCEEDED_CEILING;
    else
        set_counted(chunk, wanted);
    leave(chunk, locked);
    return *why == SPACES_OK;
}

void sp_area_measure(SpChunk *chunk)
{
    bool locked;
    int why;
    if (!enter(chunk, &locked, &why))
        return;
    settle(chunk);
    leave(chunk, locked);
}
