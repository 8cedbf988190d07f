/* api_query.c - the public functions that look: size, count, info, enumeration,
 * walk, check. */
#include <string.h>

#include "../include/spaces.h"
#include "api.h"
#include "area.h"
#include "block.h"
#include "heap.h"
#include "inspect.h"
#include "meta.h"
#include "remote.h"
#include "segment.h"

void *sp_refuse_call(const SpError *refused)
{
    SpError error = *refused;
    error.kind = sp_error_kind(error.code);
    sp_error_raise(&error);
    return NULL;
}

void *sp_refuse(const char *function, SpChunk *chunk, SpacesErrorCode code, const char *detail,
                size_t size, unsigned flags)
{
    return sp_refuse_call(&(SpError){.code = code,
                                     .chunk = chunk,
                                     .function = function,
                                     .detail = detail,
                                     .arg_chunk = chunk,
                                     .arg_size = size,
                                     .arg_flags = flags});
}

/* Whether the root knows a chunk at this address, whatever its header says. */
static bool is_listed(const SpChunk *chunk)
{
    for (uint64_t i = 0; chunk && i < sp_load_acquire(&spaces_heap_root.chunk_count); i++)
        if (sp_root_chunk(i) == chunk)
            return true;
    return false;
}

void *sp_refuse_handle(const SpError *args)
{
    SpError error = *args;
    error.code = SPACES_ERR_BAD_CHUNK;
    const SpChunk *chunk = args->arg_chunk;
    if (is_listed(chunk)) {
        error.address = chunk->magic != SP_CHUNK_MAGIC ? &chunk->magic : &chunk->cookie;
        error.detail = "the chunk's header was overwritten";
    }
    return sp_refuse_call(&error);
}

SpChunk *sp_chunk_arg(const char *function, SpacesChunk handle)
{
    return sp_chunk_arg_value(function, handle, 0);
}

SpChunk *sp_chunk_arg_value(const char *function, SpacesChunk handle, size_t value)
{
    SpChunk *chunk = sp_chunk_from(handle);
    if (sp_unlikely(!chunk))
        sp_refuse_handle(
            &(SpError){.function = function, .arg_chunk = (SpChunk *)handle, .arg_size = value});
    return chunk;
}

size_t spaces_chunk_size(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_size", handle);
    if (chunk && chunk->shared)
        sp_area_measure(chunk);
    return chunk ? sp_load(&chunk->footprint) : SPACES_ERROR_RET;
}

size_t spaces_chunk_count(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_count", handle);
    return chunk ? sp_chunk_live(chunk) : SPACES_ERROR_RET;
}

/* ---- info and enumeration ---------------------------------------------------- */

static unsigned types_in(SpChunk *chunk)
{
    unsigned types = sp_load(&chunk->large_count) ? SPACES_BLOCK_EXTERNAL : 0;
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        for (SpSlab *slab = sp_load_acquire(&heap->slabs); slab; slab = sp_load(&slab->all_next)) {
            if (sp_slab_live(slab))
                types |= slab->flags & SP_SLAB_FIXED ? SPACES_BLOCK_FIXED : SPACES_BLOCK_VAR_FIXED;
            if (sp_slab_live(slab) < slab->carved)
                types |= SPACES_BLOCK_FREE;
        }
    return types;
}

static void describe_chunk(SpChunk *chunk, SpacesChunkInfo *info)
{
    sp_remote_flush();
    if (chunk->shared)
        sp_area_measure(chunk);
    info->chunk = (SpacesChunk)chunk;
    info->type = types_in(chunk);
    info->blockSizeFS = SP_DEBUG ? chunk->fixed_request : chunk->block_size;
    info->smallBlockSize = chunk->small_block_size;
    info->pageSize = chunk->page_size;
    info->floor = chunk->floor;
    info->ceiling = sp_load(&chunk->ceiling);
    info->flags = chunk->flags;
    info->errorFn = sp_error_handler();
}

int spaces_chunk_info(SpacesChunk handle, void *ptr, SpacesChunkInfo *info)
{
    const char *function = "spaces_chunk_info";
    SpBlockView view = {.chunk = NULL};
    if (ptr) {
        sp_block_find(ptr, &view);
        if (view.status != SPACES_PTR_OK || (handle && (SpacesChunk)view.chunk != handle)) {
            SpCall call = {.caller = SP_CALLER(),
                           .function = function,
                           .chunk = (SpChunk *)handle,
                           .args = {.buffer = info}};
            sp_block_raise_bad(&call, ptr);
            return 0;
        }
    }
    SpChunk *chunk = handle || !ptr ? sp_chunk_arg(function, handle) : view.chunk;
    if (!chunk || !info)
        return 0;
    describe_chunk(chunk, info);
    return 1;
}

static SpacesChunkStatus chunk_from_index(uint64_t index, SpacesChunkInfo *info)
{
    for (; index < sp_load_acquire(&spaces_heap_root.chunk_count); index++) {
        SpChunk *chunk = sp_root_chunk(index);
        if (!chunk)
            continue;
        if (!sp_chunk_is_valid(chunk))
            return SPACES_CHUNK_CORRUPT_FATAL;
        describe_chunk(chunk, info);
        return SPACES_CHUNK_OK;
    }
    return SPACES_CHUNK_END;
}

SpacesChunkStatus spaces_chunk_first(SpacesChunkInfo *info, int all_tasks)
{
    (void)all_tasks;
    memset(info, 0, sizeof *info);
    return chunk_from_index(0, info);
}

SpacesChunkStatus spaces_chunk_next(SpacesChunkInfo *info, int all_tasks)
{
    (void)all_tasks;
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_next", info->chunk);
    return chunk ? chunk_from_index((uint64_t)chunk->index + 1, info) : SPACES_CHUNK_CORRUPT_FATAL;
}

/* ---- walk --------------------------------------------------------------------- */

/*
 * The cursor is entry->entry, the last block. So that an uninitialised entry
 * starts a walk, as the document's own examples need, the reserved fields hold
 * what no garbage does: the slab and a keyed check over chunk, slab and block.
 */
static uint64_t cursor_check(const SpChunk *chunk, const SpacesChunkEntry *entry)
{
    return sp_mix((uintptr_t)chunk ^
                  sp_mix((uintptr_t)entry->entry ^
                         sp_mix((uintptr_t)entry->reserved_ptr ^ spaces_heap_root.cookie)));
}

/* The slab decoded last; between two steps of a walk it does not change. */
static SP_TLS const SpSlab *walked;
static SP_TLS SpDecoder *walk_decoder;

static SpSlab *slab_after(SpChunk *chunk, SpSlab *slab)
{
    bool large = slab && slab->kind == SP_SLAB_LARGE;
    SpHeap *heap = slab && !large ? slab->heap : NULL;
    SpSlab *next = slab ? sp_load(&slab->all_next) : NULL;
    if (next || large)
        return next;
    for (heap = heap ? heap->next : sp_load_acquire(&chunk->heaps); heap; heap = heap->next)
        if ((next = sp_load_acquire(&heap->slabs)))
            return next;
    return sp_load_acquire(&chunk->large);
}

/* Whether what was decoded last says all there is to say about a slab. */
static bool still_decoded(const SpSlab *slab)
{
    if (walked != slab || memcmp(&walk_decoder->slab, slab, sizeof *slab))
        return false;
    return slab->kind == SP_SLAB_MIXED ? sp_decode_current(walk_decoder, sp_own_memory())
                                       : !SP_DEBUG;
}

static SpDecodeResult decode(const SpSlab *slab)
{
    if (!walk_decoder && !(walk_decoder = sp_meta_alloc(sizeof *walk_decoder)))
        return SP_DECODE_UNREADABLE;
    if (still_decoded(slab))
        return SP_DECODE_OK;
    walked = slab;
    SpSlab header = *slab;
    SpDecodeResult result =
        sp_decode_slab(walk_decoder, sp_own_memory(), &header, (uintptr_t)slab, SP_DEBUG);
    if (result != SP_DECODE_OK)
        walked = NULL;
    return result;
}

/* The slab's first block behind `pointer`, a block of it, or its first block where that is NULL.
 * *index is SP_NO_BLOCK where there is none. */
static SpDecodeResult step(SpSlab *slab, const void *pointer, uint32_t *index)
{
    uint64_t interior;
    *index = SP_NO_BLOCK;
    if (slab->kind != SP_SLAB_MIXED) {
        uint64_t next =
            pointer ? (uint64_t)sp_block_index(slab, (uintptr_t)pointer, &interior) + 1 : 0;
        if (next >= slab->carved)
            return SP_DECODE_OK;
        *index = (uint32_t)next;
        return decode(slab);
    }
    SpDecodeResult result = decode(slab);
    SpDecoder *d = walk_decoder;
    if (result != SP_DECODE_OK)
        return result;
    if (pointer) {
        uint32_t last = sp_decode_find(d, sp_own_memory(), (uintptr_t)pointer, &interior);
        if (last == SP_NO_BLOCK) /* at the end, and given up meanwhile */
            return d->result;
        *index = sp_decode_after(d, last);
    } else {
        result = sp_decode_seek(d, sp_own_memory(), 0);
        *index = sp_decode_first(d);
    }
    while (*index == SP_NO_BLOCK && result == SP_DECODE_OK && sp_decode_more(d)) {
        result = sp_decode_window(d, sp_own_memory());
        *index = sp_decode_first(d);
    }
    return result;
}

SpacesChunkStatus spaces_chunk_walk(SpacesChunk handle, SpacesChunkEntry *entry)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_walk", handle);
    if (!chunk || !entry)
        return SPACES_CHUNK_CORRUPT_FATAL;
    SpSlab *slab = NULL;
    const void *last = NULL;
    if (entry->entry && (uint64_t)(uintptr_t)entry->reserved_chunk == cursor_check(chunk, entry)) {
        slab = entry->reserved_ptr;
        last = entry->entry;
    } else {
        walked = NULL;
        sp_remote_flush();
        slab = slab_after(chunk, NULL);
    }
    for (; slab; slab = slab_after(chunk, slab), last = NULL) {
        uint32_t index;
        SpDecodeResult result = step(slab, last, &index);
        if (index == SP_NO_BLOCK && result == SP_DECODE_OK)
            continue;
        if (result == SP_DECODE_DAMAGED && walk_decoder->damage.kind) {
            sp_inspect_raise(slab, &walk_decoder->damage, "spaces_chunk_walk", true);
            return SPACES_CHUNK_CORRUPT;
        }
        SpBlock block;
        if (result != SP_DECODE_OK || !sp_decode_block(walk_decoder, index, &block))
            return SPACES_CHUNK_CORRUPT_FATAL;
        SpDamage damage;
        if ((SP_DEBUG || slab->kind == SP_SLAB_MIXED) &&
            sp_check_block(walk_decoder, sp_own_memory(), index, &damage) == SP_DECODE_DAMAGED)
            sp_inspect_raise(slab, &damage, "spaces_chunk_walk", true);
        entry->entry = (void *)(uintptr_t)block.user;
        entry->chunk = handle;
        entry->type = block.type == SP_BLOCK_FIXED      ? SPACES_BLOCK_FIXED
                      : block.type == SP_BLOCK_EXTERNAL ? SPACES_BLOCK_EXTERNAL
                                                        : SPACES_BLOCK_VAR_FIXED;
        if (!block.in_use)
            entry->type = SPACES_BLOCK_FREE;
        entry->isInUse = block.in_use;
        entry->size = block.size;
        entry->lockCount = chunk->lock_depth;
        entry->reserved_ptr = slab;
        entry->reserved_chunk = (SpacesChunk)(uintptr_t)cursor_check(chunk, entry);
        return SPACES_CHUNK_OK;
    }
    entry->entry = NULL;
    return SPACES_CHUNK_END;
}

int spaces_chunk_check(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_check", handle);
    return chunk && sp_inspect_chunk(chunk, "spaces_chunk_check") == 0;
}
