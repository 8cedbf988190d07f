/* api_query.c - the public functions that look: size, count, info, enumeration,
 * walk, check. */
#include <string.h>

#include "../include/spaces.h"
#include "api.h"
#include "area.h"
#include "block.h"
#include "chain.h"
#include "heap.h"
#include "heap_runs.h"
#include "inspect.h"
#include "meta.h"
#include "os.h"
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
    for (SpHeap *heap = sp_load_acquire(&chunk->heaps); heap; heap = heap->next) {
        sp_heap_hold_runs(heap);
        for (SpSlab *slab = sp_load_acquire(&heap->slabs); slab; slab = sp_load(&slab->all_next)) {
            if (sp_slab_live(slab))
                types |= slab->flags & SP_SLAB_FIXED ? SPACES_BLOCK_FIXED : SPACES_BLOCK_VAR_FIXED;
            if (sp_slab_live(slab) < slab->carved)
                types |= SPACES_BLOCK_FREE;
        }
        sp_heap_let_go_runs(heap);
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
 * what no garbage does: the slab (plus 1 where the large blocks' list led to it,
 * whatever its header says) and a keyed check over chunk, slab and block.
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

/* A list that another thread may be changing is looked at this often again where it looks damaged.
 */
#define SECOND_LOOKS  3u
#define LOOK_PAUSE_US 1000u

/* Where a walk is. */
typedef struct Position {
    SpChunk *chunk;
    SpSlab *slab;
    bool large; /* the slab is of the large blocks' list */
} Position;

/* As sp_chain_slab, but that a link which another thread is just changing is looked at again. */
static SpSlab *slab_after(SpChunk *chunk, SpHeap *heap, SpSlab *slab, SpDamage *damage)
{
    for (uint32_t look = 0;; look++) {
        SpSlab *next = sp_chain_slab(chunk, heap, slab, damage);
        if (!damage->kind || look == SECOND_LOOKS)
            return next;
        sp_os_sleep(LOOK_PAUSE_US);
    }
}

/* Go on to the next slab, NULL behind the last one; false with *damage where a list is damaged. */
static bool advance(Position *at, SpDamage *damage)
{
    SpHeap *heap = NULL;
    if (at->slab && !at->large && !(heap = sp_chain_heap_of(at->chunk, at->slab, damage)))
        return false;
    if (heap || at->large) {
        at->slab = slab_after(at->chunk, heap, at->slab, damage);
        if (at->slab || at->large || damage->kind)
            return !damage->kind;
    }
    while ((heap = sp_chain_heap(at->chunk, heap, damage))) {
        at->slab = slab_after(at->chunk, heap, NULL, damage);
        if (at->slab || damage->kind)
            return !damage->kind;
    }
    if (damage->kind)
        return false;
    at->large = true;
    at->slab = slab_after(at->chunk, NULL, NULL, damage);
    return !damage->kind;
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

/* What a step of a walk came to. */
typedef struct WalkStep {
    SpacesChunkStatus status;
    SpBlock block;   /* status OK */
    SpDamage damage; /* to be raised, where it has a kind */
} WalkStep;

/* Go on to the next block of the chunk, behind `last` in the slab; at->slab is NULL at the end. */
static void next_block(Position *at, const void *last, WalkStep *out)
{
    out->damage.kind = SP_DAMAGE_NONE;
    out->status = SPACES_CHUNK_CORRUPT_FATAL;
    for (bool onward = !at->slab;; onward = true, last = NULL) {
        uint32_t index;
        if (onward && !advance(at, &out->damage))
            return;
        if (!at->slab) {
            out->status = SPACES_CHUNK_END;
            return;
        }
        SpDecodeResult result = step(at->slab, last, &index);
        if (index == SP_NO_BLOCK && result == SP_DECODE_OK)
            continue;
        if (result == SP_DECODE_DAMAGED && walk_decoder->damage.kind) {
            out->damage = walk_decoder->damage;
            out->status = SPACES_CHUNK_CORRUPT;
        } else if (result == SP_DECODE_OK && sp_decode_block(walk_decoder, index, &out->block)) {
            if (!(SP_DEBUG || at->slab->kind == SP_SLAB_MIXED) ||
                sp_check_block(walk_decoder, sp_own_memory(), index, &out->damage) !=
                    SP_DECODE_DAMAGED)
                out->damage.kind = SP_DAMAGE_NONE;
            out->status = SPACES_CHUNK_OK;
        }
        return;
    }
}

SpacesChunkStatus spaces_chunk_walk(SpacesChunk handle, SpacesChunkEntry *entry)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_walk", handle);
    if (!chunk || !entry)
        return SPACES_CHUNK_CORRUPT_FATAL;
    Position at = {.chunk = chunk};
    const void *last = NULL;
    if (entry->entry && (uint64_t)(uintptr_t)entry->reserved_chunk == cursor_check(chunk, entry)) {
        at.large = (uintptr_t)entry->reserved_ptr & 1;
        at.slab = (SpSlab *)((char *)entry->reserved_ptr - at.large);
        last = entry->entry;
    } else {
        walked = NULL;
        sp_remote_flush();
    }
    WalkStep found;
    /* Other processes are at work in a shared chunk; handlers run without its lock. */
    bool locked = chunk->shared && sp_heap_lock(&chunk->own);
    next_block(&at, last, &found);
    sp_heap_unlock(&chunk->own, locked);
    if (found.damage.kind)
        sp_inspect_raise(chunk, &found.damage, "spaces_chunk_walk", true);
    if (found.status == SPACES_CHUNK_END)
        entry->entry = NULL;
    if (found.status != SPACES_CHUNK_OK)
        return found.status;
    const SpBlock *block = &found.block;
    entry->entry = (void *)(uintptr_t)block->user;
    entry->chunk = handle;
    entry->type = block->type == SP_BLOCK_FIXED      ? SPACES_BLOCK_FIXED
                  : block->type == SP_BLOCK_EXTERNAL ? SPACES_BLOCK_EXTERNAL
                                                     : SPACES_BLOCK_VAR_FIXED;
    if (!block->in_use)
        entry->type = SPACES_BLOCK_FREE;
    entry->isInUse = block->in_use;
    entry->size = block->size;
    entry->lockCount = chunk->lock_depth;
    entry->reserved_ptr = (char *)at.slab + at.large;
    entry->reserved_chunk = (SpacesChunk)(uintptr_t)cursor_check(chunk, entry);
    return SPACES_CHUNK_OK;
}

int spaces_chunk_check(SpacesChunk handle)
{
    SpChunk *chunk = sp_chunk_arg("spaces_chunk_check", handle);
    return chunk && sp_inspect_chunk(chunk, "spaces_chunk_check") == 0;
}
