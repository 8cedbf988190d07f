/*
 * block_debug.c - the debug build's blocks: redzones around the program's
 * bytes, a record of each out of reach, freed blocks held back and filled.
 *
 *   engine's block   |FRONT ........|program's bytes|BACK ........|
 *                    ^ block        ^ pointer = block + record->front * 16
 *
 * A pointer that a program passes is looked up (segment map, slab, index,
 * record) and compared with what the record says; nothing that it points to is
 * believed. State changes are one compare-and-swap on the record, so that of
 * two threads freeing one block exactly one succeeds.
 */
#include "block.h"

#if SP_DEBUG

#include <string.h>

#include "area.h"
#include "chain.h"
#include "chunk.h"
#include "classes.h"
#include "depot.h"
#include "error.h"
#include "fill.h"
#include "guard.h"
#include "heap.h"
#include "inspect.h"
#include "large.h"
#include "lock.h"
#include "quarantine.h"
#include "raw.h"
#include "settings.h"
#include "shared.h"
#include "watch.h"

/* Large blocks keep their first bytes in the quarantine; the rest goes back to the system. */
#define LARGE_KEPT SP_FILL_MAX
/* Alignment up to which the front redzone makes it; beyond, the block's base moves. */
#define FRONT_MAX (UINT64_C(512) << 10)

typedef struct Lookup {
    SpSlab *slab;
    uint32_t index; /* of the block, or its unit in a mixed slab */
    SpRecord *record;
    char *block;
    uint64_t span; /* bytes of the engine's block */
    char *pointer; /* of the block's user part */
} Lookup;

static uint8_t state_of(const SpRecord *record)
{
    return __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
}

/* Take a live block: of all who want to, one does. */
static bool make_busy(SpRecord *record)
{
    uint8_t expected = SP_RECORD_LIVE;
    if (!sp_os_is_alone())
        return __atomic_compare_exchange_n(&record->state, &expected, SP_RECORD_BUSY, false,
                                           __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    if (state_of(record) != expected)
        return false;
    __atomic_store_n(&record->state, SP_RECORD_BUSY, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    return true;
}

/* A mixed slab's record belongs to a block at one of six places. */
static uint8_t phase_of(const Lookup *at)
{
    return (uint8_t)((uint64_t)(at->block - at->slab->base) / 8 % 6);
}

static void set_block(Lookup *found, const SpRawBlock *raw)
{
    found->slab = raw->slab;
    found->index = raw->index;
    found->record = &raw->slab->records[sp_raw_record(raw)];
    found->block = raw->start;
    found->span = raw->span;
    found->pointer = found->block + (uint64_t)found->record->front * 16;
}

/* The block of a small slab that the index knows; false: it must be looked for. Never faults. */
static inline bool set_small(const void *address, Lookup *found)
{
    SpSlab *slab = sp_slab_of_known(address);
    if (sp_unlikely(!slab || sp_load_acquire(&slab->kind) != SP_SLAB_SMALL || !slab->records))
        return false;
    uint32_t index = sp_slab_index(slab, address);
    if (sp_unlikely(index >= sp_load(&slab->carved)))
        return false;
    char *block = slab->base + (uint64_t)index * slab->block_size;
    SpRecord *record = &slab->records[index];
    *found = (Lookup){
        slab, index, record, block, slab->block_size, block + (uint64_t)record->front * 16};
    return true;
}

/* A block that was freed and has become part of a larger free stretch: its
 * record still tells of it. */
static bool look_up_swallowed(const void *address, const SpRawBlock *stretch, Lookup *found)
{
    SpSlab *slab = stretch->slab;
    uint64_t offset = (uint64_t)((const char *)address - slab->base);
    uint64_t last = SP_MIXED_RECORD(offset);
    for (uint64_t i = last + 1; i-- > (last > 2 ? last - 2 : 0);) {
        SpRecord *record = &slab->records[i];
        uint64_t start = (i * SP_MIXED_RECORD_STEP / 8 + SP_FAMILY_PHASE(record->family)) * 8;
        if (state_of(record) != SP_RECORD_FREE || start > offset ||
            slab->base + start < stretch->start || offset - start != record->front * UINT64_C(16))
            continue;
        *found = (Lookup){slab,          (uint32_t)(start >> slab->mixed->shift),
                          record,        slab->base + start,
                          stretch->span, slab->base + offset};
        return true;
    }
    return false;
}

/* The block that an address lies in; false where there is none. Never faults. */
static bool look_up(const void *address, Lookup *found)
{
    SpRawBlock raw;
    if (sp_likely(set_small(address, found) && state_of(found->record) != SP_RECORD_NEVER))
        return true;
    if (!sp_raw_find(address, &raw) || !raw.slab->records)
        return false;
    set_block(found, &raw);
    uint8_t state = state_of(found->record);
    if (raw.slab->kind != SP_SLAB_MIXED)
        return state != SP_RECORD_NEVER;
    bool its_own =
        state != SP_RECORD_NEVER && SP_FAMILY_PHASE(found->record->family) == phase_of(found);
    if (!raw.known_free)
        return its_own;
    return (its_own && found->pointer == address) || look_up_swallowed(address, &raw, found);
}

static uint64_t record_requested(const Lookup *at)
{
    uint64_t upper = at->slab->kind == SP_SLAB_LARGE ? at->slab->reciprocal : 0;
    return upper << 32 | at->record->requested;
}

static void fill_back(const Lookup *at, uint64_t size)
{
    char *end = at->block + at->span, *back = at->pointer + size;
    uint64_t width = (uint64_t)(end - back);
    sp_fill(back, SP_FILL_BACK, width > SP_BACK_MAX ? SP_BACK_MAX : width);
}

static uint64_t fill_width(uint64_t size)
{
    return size > SP_FILL_MAX ? SP_FILL_MAX : size;
}

/* Describe a block in an error. */
static SpError about(const Lookup *at, SpKind kind, SpacesErrorCode code, const SpCall *call)
{
    const SpRecord *record = at->record;
    bool ours = sp_shared_is_ours(at->slab->heap->chunk, record);
    return (SpError){
        .kind = kind,
        .code = code,
        .chunk = at->slab->heap->chunk,
        .function = call->function,
        .address = at->pointer,
        .size = record_requested(at),
        .sequence = SP_SEQUENCE_NUMBER(record->sequence),
        .pass = record->family & SP_FAMILY_SHARED ? 0 : SP_SEQUENCE_UPPER(record->sequence),
        .thread = record->alloc_thread,
        .alloc_stack = ours ? record->alloc_stack : 0,
        .free_stack = ours && record->state != SP_RECORD_LIVE ? record->free_stack : 0,
        .arg_chunk = call->chunk};
}

void sp_block_tell_origin(const void *pointer, SpError *error)
{
    Lookup at;
    if (!look_up(pointer, &at))
        return;
    SpError known = about(&at, error->kind, error->code, &(SpCall){0});
    error->sequence = known.sequence;
    error->pass = known.pass;
    error->thread = known.thread;
    error->alloc_stack = known.alloc_stack;
    error->free_stack = known.free_stack;
}

/* ---- intact? ------------------------------------------------------------------ */

/* The walker's verdict on a small block, reached in a few compares where all is
 * well. False: ask the walker, which also says what is wrong. */
static bool surely_intact(const Lookup *at, uint8_t state)
{
    const SpRecord *record = at->record;
    uint64_t front = (uint64_t)record->front * 16, size = record->requested;
    uint64_t span = at->span;
    if (at->slab->kind == SP_SLAB_LARGE || span > 4096 || front + size + SP_REDZONE > span)
        return false;
    if (at->slab->kind == SP_SLAB_MIXED && state == SP_RECORD_FREE)
        return true; /* its bytes are the engine's, which has looked at them */
    uint64_t link = state == SP_RECORD_FREE ? sizeof(uint32_t) : 0;
    return sp_all_are(at->block + link, front - link, SP_FILL_FRONT) &&
           (state == SP_RECORD_LIVE || sp_all_are(at->pointer, size, SP_FILL_FREED)) &&
           sp_all_are(at->pointer + size, span - front - size, SP_FILL_BACK);
}

/* Check a block and tell what is found. True: it was damaged. */
static bool check(const Lookup *at, uint8_t state, const char *function)
{
    SpDamage damage;
    if (sp_likely(surely_intact(at, state)) || !sp_inspect_block(at->slab, at->index, &damage))
        return false;
    sp_inspect_raise(sp_chain_owner(at->slab), &damage, function, false);
    return true;
}

/* ---- leaving the quarantine ------------------------------------------------ */

static void leave_quarantine(SpHeld held)
{
    Lookup at;
    if (!look_up(held.block, &at))
        return;
    check(&at, SP_RECORD_QUARANTINED, NULL);
    sp_count(&at.slab->heap->chunk->quarantined, -UINT64_C(1));
    __atomic_store_n(&at.record->state, SP_RECORD_FREE, __ATOMIC_RELEASE);
    sp_raw_free(at.slab, at.block);
}

/* A guarded block makes room for others. */
static void leave_guard(SpSlab *slab)
{
    sp_count(&slab->heap->chunk->quarantined, -UINT64_C(1));
    __atomic_store_n(&slab->records[0].state, SP_RECORD_FREE, __ATOMIC_RELEASE);
    sp_raw_free(slab, slab->base);
}

/* Have what leave_quarantine will read brought into the cache. */
static void approach(SpHeld held)
{
    const SpSlab *slab = held.slab;
    const char *block = held.block;
    if (slab->kind != SP_SLAB_SMALL)
        return;
    __builtin_prefetch(&slab->records[sp_slab_index(slab, block)]);
    uint64_t width =
        slab->block_size < 256 ? slab->block_size : 256; /* the rest follows by itself */
    for (uint64_t i = 0; i < width; i += 64)
        __builtin_prefetch(block + i);
    __builtin_prefetch(block + width - 1);
}

/* The block goes with its area, whose bytes are the caller's from now on. */
static void drop_held(SpHeld held)
{
    Lookup at;
    if (look_up(held.block, &at))
        check(&at, SP_RECORD_QUARANTINED, NULL);
    sp_count(&held.slab->heap->chunk->quarantined, -UINT64_C(1));
}

/* Those of its blocks that somebody waits for go with it. */
static void tell_watches_of_end(const SpChunk *chunk)
{
    for (uint32_t i = 0; i < SP_WATCH_COUNT; i++) {
        Lookup at;
        const void *address = sp_watch_address(i);
        if (address && look_up(address, &at) && at.slab->heap->chunk == chunk &&
            state_of(at.record) == SP_RECORD_LIVE)
            sp_watch_tell(SPACES_BLOCK_FREED, chunk, at.record, at.pointer, record_requested(&at));
    }
}

void sp_block_forget_chunk(const SpChunk *chunk)
{
    if (sp_watches_armed())
        tell_watches_of_end(chunk);
    sp_quarantine_flush(chunk, sp_area_is(chunk) ? drop_held : leave_quarantine);
}

/* ---- allocation --------------------------------------------------------------- */

/* What records tell of blocks that were where a mixed slab's new block is now. */
static void forget_swallowed(const Lookup *at)
{
    uint64_t from = (uint64_t)(at->block - at->slab->base), to = from + at->span;
    for (uint64_t i = SP_MIXED_RECORD(from) + 1; (i + 1) * SP_MIXED_RECORD_STEP <= to; i++)
        __atomic_store_n(&at->slab->records[i].state, SP_RECORD_NEVER, __ATOMIC_RELAXED);
}

/* Where an allocation came from: its stack, and which allocation of that this is. */
typedef struct Origin {
    uint32_t stack, pass;
} Origin;

static Origin origin_of(const SpCall *call, uint64_t size)
{
    Origin origin = {0, 0};
    origin.stack = sp_depot_capture_allocation(&call->caller, size, &origin.pass);
    return origin;
}

/* The block that the slab will give next comes into the cache, and its record. */
static inline void approach_next(const SpSlab *slab)
{
    uint32_t next = slab->free;
    if (next == SP_LINK_END)
        return;
    const char *block = sp_slab_block(slab, next);
    __builtin_prefetch(block);
    __builtin_prefetch(block + 64);
    __builtin_prefetch(&slab->records[sp_slab_index(slab, block)], 1);
}

/* Dress an engine's block. */
static void *dress(const SpCall *call, char *block, uint64_t front, uint64_t size, unsigned flags,
                   Origin origin)
{
    Lookup at;
    if (!set_small(block, &at)) {
        SpRawBlock raw;
        sp_raw_find(block, &raw); /* it is one */
        set_block(&at, &raw);
    }
    SpSlab *slab = at.slab;
    if (slab->kind == SP_SLAB_SMALL)
        approach_next(slab);
    bool zeroed = slab->kind == SP_SLAB_LARGE && (slab->flags & SP_SLAB_ZEROED);
    bool mixed = slab->kind == SP_SLAB_MIXED;
    /* Where the record still tells of a freed block: was it written since? */
    if (slab->kind != SP_SLAB_LARGE && !mixed && at.record->state == SP_RECORD_FREE)
        check(&at, SP_RECORD_FREE, NULL);
    if (mixed)
        forget_swallowed(&at);
    at.pointer = block + front;
    __atomic_store_n(&at.record->state, SP_RECORD_BUSY, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* before the first byte changes */
    sp_fill(block, SP_FILL_FRONT, front);
    if (flags & SPACES_FLAG_ZERO_INIT) {
        if (!zeroed)
            memset(at.pointer, 0, size);
    } else if (!(slab->heap->chunk->flags & SPACES_CHUNK_ZERO_INIT)) {
        sp_fill(at.pointer, SP_FILL_NEW, fill_width(size));
    }
    fill_back(&at, size);
    SpRecord *record = at.record;
    uint8_t family = call->family | (mixed ? SP_FAMILY_WITH_PHASE(phase_of(&at)) : 0);
    if (sp_unlikely(slab->heap->chunk->shared)) {
        record->sequence = sp_shared_sequence(slab->heap->chunk);
        family |= SP_FAMILY_SHARED;
    } else {
        record->sequence = SP_SEQUENCE_OF(sp_count(&spaces_heap_root.sequence, 1) + 1,
                                          origin.pass > SP_PASS_MAX ? 0 : origin.pass);
    }
    record->alloc_stack = origin.stack;
    record->free_stack = 0;
    record->alloc_thread = sp_os_thread_id();
    record->free_thread = 0;
    record->requested = (uint32_t)size;
    if (slab->kind == SP_SLAB_LARGE)
        slab->reciprocal = (uint32_t)(size >> 32);
    record->front = (uint16_t)(front / 16);
    record->family = family;
    __atomic_store_n(&record->state, SP_RECORD_LIVE, __ATOMIC_RELEASE);
    if (sp_watches_armed())
        sp_watch_tell(SPACES_BLOCK_ALLOCATED, slab->heap->chunk, record, at.pointer, size);
    return at.pointer;
}

void *sp_block_alloc_placed(const SpCall *call, uint64_t size, uint64_t align, uint64_t offset,
                            unsigned flags)
{
    /* The front redzone makes the alignment; where it cannot, the block's base moves. */
    uint64_t front = align > SP_REDZONE ? align : SP_REDZONE;
    bool placed = front > FRONT_MAX || (offset & (align - 1));
    if (placed)
        front = SP_REDZONE;
    uint64_t total = front + size + SP_REDZONE;
    Origin origin = origin_of(call, size);
    if (!call->chunk && !offset) {
        uint64_t before;
        SpSlab *slab = sp_guard_alloc(origin.pass, size, align, &before, leave_guard);
        if (sp_unlikely(slab != NULL))
            return dress(call, slab->base, before, size, flags, origin);
    }
    /* Zeroing is done here, past the redzone; the engine's part would be too early. */
    unsigned engine_flags = flags & ~SPACES_FLAG_ZERO_INIT;
    for (int tries = 0;; tries++) {
        int why = SPACES_ERR_BLOCK_TOO_BIG;
        char *block = NULL;
        if (sp_likely(!call->chunk && align <= 16 && total > size))
            block = sp_heap_malloc(sp_thread_heap, total);
        if (!block && total > size)
            block = placed ? sp_raw_alloc_placed(call->chunk, total, align, front + offset,
                                                 engine_flags, &why)
                           : sp_raw_alloc(call->chunk, total, align > 16 ? align : 16, engine_flags,
                                          &why);
        sp_error_flush();
        if (sp_likely(block))
            return dress(call, block, front, size, flags, origin);
        /* What is held back must not be what fails an allocation. */
        if (tries == 0 &&
            (sp_quarantine_flush(NULL, leave_quarantine) || sp_guard_flush(leave_guard) ||
             (call->chunk && !(flags & SPACES_FLAG_NO_COMPACT) && sp_chunk_shrink(call->chunk))))
            continue;
        if (!sp_block_raise_failure(call, why, size, flags) || tries >= SP_MAX_RETRIES)
            return NULL;
    }
}

void *sp_block_alloc(const SpCall *call, uint64_t size, uint64_t align, unsigned flags)
{
    return sp_block_alloc_placed(call, size, align, 0, flags);
}

void *sp_block_alloc_fixed(const SpCall *call)
{
    Origin origin = origin_of(call, call->chunk->fixed_request);
    for (int tries = 0;; tries++) {
        int why;
        char *block = sp_raw_alloc_fixed(call->chunk, &why);
        sp_error_flush();
        if (sp_likely(block))
            return dress(call, block, SP_REDZONE, call->chunk->fixed_request, 0, origin);
        if (tries == 0 && sp_quarantine_flush(call->chunk, leave_quarantine))
            continue;
        if (!sp_block_raise_failure(call, why, call->chunk->fixed_request, 0) ||
            tries >= SP_MAX_RETRIES)
            return NULL;
    }
}

/* ---- free ------------------------------------------------------------------------ */

static const char *release_of(uint8_t family)
{
    switch (family) {
    case SP_FAMILY_NEW:
        return "was allocated with new and must be released with delete";
    case SP_FAMILY_NEW_ARRAY:
        return "was allocated with new[] and must be released with delete[]";
    case SP_FAMILY_CHUNK:
    case SP_FAMILY_FIXED:
        return "was allocated from a chunk and must be released with spaces_chunk_free";
    default:
        return "was allocated with malloc and must be released with free";
    }
}

/* Families that may be released alike. free and spaces_chunk_free take each
 * other's blocks, as the API says. */
static bool may_release(uint8_t allocated, uint8_t released)
{
    bool cxx_a = allocated == SP_FAMILY_NEW || allocated == SP_FAMILY_NEW_ARRAY;
    bool cxx_r = released == SP_FAMILY_NEW || released == SP_FAMILY_NEW_ARRAY;
    return cxx_a || cxx_r ? allocated == released : true;
}

static bool raise_not_live(const SpCall *call, const void *pointer, const Lookup *at)
{
    bool exact = at->pointer == pointer;
    bool live = __atomic_load_n(&at->record->state, __ATOMIC_ACQUIRE) == SP_RECORD_LIVE;
    SpError error = about(at, exact && !live ? SP_KIND_DOUBLE_FREE : SP_KIND_INVALID_FREE,
                          SPACES_ERR_BAD_POINTER, call);
    error.offset = (const char *)pointer - at->pointer;
    error.arg_ptr = pointer;
    sp_error_raise(&error);
    return false;
}

static bool raise_wild(const SpCall *call, const void *pointer)
{
    if (sp_block_raise_unusable(call, pointer))
        return false;
    SpError error = {.kind = SP_KIND_INVALID_FREE,
                     .code = SPACES_ERR_BAD_POINTER,
                     .chunk = call->chunk,
                     .function = call->function,
                     .address = pointer,
                     .arg_chunk = call->chunk,
                     .arg_ptr = pointer};
    sp_error_raise(&error);
    return false;
}

bool sp_block_free(const SpCall *call, void *pointer)
{
    Lookup at;
    if (!look_up(pointer, &at))
        return raise_wild(call, pointer);
    if (at.pointer != pointer)
        return raise_not_live(call, pointer, &at);
    SpChunk *chunk = at.slab->heap->chunk;
    if (sp_heap_is_foreign(at.slab->heap)) {
        SpError error = about(&at, SP_KIND_WRONG_THREAD, SPACES_ERR_WRONG_TASK, call);
        error.arg_ptr = pointer;
        sp_error_raise(&error);
        return false;
    }
    if (sp_unlikely(chunk->shared) && sp_block_raise_unusable(call, pointer))
        return false;
    /* A sampled-out block's free is no more told of than its allocation. */
    bool tracked = sp_settings.track != SP_TRACK_SAMPLED || at.record->alloc_stack;
    uint32_t stack = tracked ? sp_depot_capture(&call->caller, NULL) : 0;
    SpRecord *record = at.record;
    bool live = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE) == SP_RECORD_LIVE;
    /* While its bytes are as the program left them. */
    bool damaged = live && check(&at, SP_RECORD_LIVE, call->function);
    if (sp_unlikely(live && !may_release(SP_FAMILY_OF(record->family), call->family))) {
        SpError error = about(&at, SP_KIND_MISMATCHED_FREE, SPACES_ERR_BAD_POINTER, call);
        error.detail = release_of(SP_FAMILY_OF(record->family));
        error.arg_ptr = pointer;
        sp_error_raise(&error);
    }
    if (!make_busy(record))
        return raise_not_live(call, pointer, &at);
    uint64_t size = record_requested(&at);
    if (sp_unlikely(damaged)) {
        fill_back(&at, size); /* told: what comes later is new */
        memset(at.block, SP_FILL_FRONT, (size_t)(at.pointer - at.block));
    }
    sp_fill(pointer, SP_FILL_FREED, fill_width(size));
    record->free_stack = sp_shared_is_ours(chunk, record) ? stack : 0;
    record->free_thread = sp_os_thread_id();
    if (sp_unlikely(chunk->shared)) {
        /* Held back by nobody: a process may die, its quarantine with it. */
        __atomic_store_n(&record->state, SP_RECORD_FREE, __ATOMIC_RELEASE);
        if (sp_watches_armed())
            sp_watch_tell(SPACES_BLOCK_FREED, chunk, record, at.pointer, size);
        sp_raw_free(at.slab, at.block);
        sp_error_flush();
        return true;
    }
    sp_count(&chunk->quarantined, 1);
    __atomic_store_n(&record->state, SP_RECORD_QUARANTINED, __ATOMIC_RELEASE);
    uint64_t held = at.span;
    if (sp_load(&at.slab->flags) & SP_SLAB_GUARDED && at.slab->kind == SP_SLAB_LARGE) {
        sp_guard_seal(at.slab);
        return true;
    }
    if (at.slab->kind == SP_SLAB_LARGE && held > LARGE_KEPT + SP_SLAB_SIZE) {
        uint64_t keep = sp_round_up((uint64_t)(at.pointer - at.slab->base) + LARGE_KEPT, 4096);
        uintptr_t from = sp_round_up((uintptr_t)at.slab->base + keep, 4096);
        uintptr_t back = (uintptr_t)(at.pointer + size) & ~(uintptr_t)4095;
        if (back > from)
            sp_os_discard((void *)from, back - from);
        held = LARGE_KEPT * 2;
    }
    if (sp_watches_armed())
        sp_watch_tell(SPACES_BLOCK_FREED, chunk, record, at.pointer, size);
    sp_quarantine_hold((SpHeld){at.slab, at.block, held}, leave_quarantine, approach);
    return true;
}

/* ---- looking, resizing --------------------------------------------------------------- */

void sp_block_find(const void *address, SpBlockView *view)
{
    *view = (SpBlockView){.status = SPACES_PTR_WILD};
    Lookup at;
    if (!look_up(address, &at))
        return;
    view->slab = at.slab;
    view->chunk = at.slab->heap->chunk;
    view->pointer = at.pointer;
    view->size = view->requested = record_requested(&at);
    view->fixed = (sp_load(&at.slab->flags) & SP_SLAB_AREA)
                      ? SP_FAMILY_OF(at.record->family) == SP_FAMILY_FIXED
                      : (sp_load(&at.slab->flags) & SP_SLAB_FIXED) != 0;
    if (at.pointer == address)
        view->status = __atomic_load_n(&at.record->state, __ATOMIC_ACQUIRE) == SP_RECORD_LIVE
                           ? SPACES_PTR_OK
                           : SPACES_PTR_FREE;
}

bool sp_block_place(const void *address, SpBlockPlace *place)
{
    Lookup at;
    if (!look_up(address, &at))
        return false;
    uint8_t state = state_of(at.record);
    *place = (SpBlockPlace){.slab = at.slab,
                            .record = at.record,
                            .pointer = at.pointer,
                            .size = record_requested(&at),
                            .state = state,
                            .in_area = (sp_load(&at.slab->flags) & SP_SLAB_AREA) != 0};
    return state == SP_RECORD_LIVE || state == SP_RECORD_QUARANTINED || state == SP_RECORD_FREE;
}

void sp_block_tell(const SpBlockPlace *place, SpError *error)
{
    const SpRecord *record = place->record;
    SpChunk *chunk = place->slab->heap->chunk;
    bool ours = sp_shared_is_ours(chunk, record);
    error->chunk = chunk;
    error->address = place->pointer;
    error->size = place->size;
    error->sequence = SP_SEQUENCE_NUMBER(record->sequence);
    error->pass = record->family & SP_FAMILY_SHARED ? 0 : SP_SEQUENCE_UPPER(record->sequence);
    error->thread = record->alloc_thread;
    error->alloc_stack = ours ? record->alloc_stack : 0;
    error->free_stack = ours && place->state != SP_RECORD_LIVE ? record->free_stack : 0;
}

/* The engine's part of resizing; the block is BUSY. */
static bool make_room(Lookup *at, uint64_t front, uint64_t size, unsigned flags)
{
    uint64_t need = front + size + SP_REDZONE;
    if (at->slab->kind == SP_SLAB_MIXED && sp_raw_resize(at->slab, at->block, need, flags)) {
        SpRawBlock raw;
        sp_raw_find(at->block, &raw);
        at->span = raw.span;
        forget_swallowed(at);
    }
    return need <= at->span;
}

bool sp_block_resize(SpBlockView *view, uint64_t size, unsigned flags)
{
    Lookup at;
    if (!look_up(view->pointer, &at) || at.pointer != view->pointer)
        return false;
    uint64_t front = (uint64_t)(at.pointer - at.block), old = view->requested;
    bool area = at.slab->flags & SP_SLAB_AREA;
    uint64_t most = area                             ? UINT32_MAX - front - SP_REDZONE
                    : at.slab->kind == SP_SLAB_MIXED ? SP_MEDIUM_MAX
                                                     : at.span - front - SP_REDZONE;
    if (at.slab->kind == SP_SLAB_LARGE && at.slab->flags & SP_SLAB_GUARDED)
        return false;
    /* An area may have no room to move to. */
    if (size > most || (size < old / 2 && !area))
        return false;
    check(&at, SP_RECORD_LIVE, NULL);
    if (!make_busy(at.record))
        return false;
    if (!make_room(&at, front, size, flags)) {
        __atomic_store_n(&at.record->state, SP_RECORD_LIVE, __ATOMIC_RELEASE);
        sp_error_flush();
        return false;
    }
    if (size > old)
        memset(at.pointer + old, SP_FILL_NEW, size - old);
    view->size = size;
    at.record->requested = (uint32_t)size;
    if (at.slab->kind == SP_SLAB_LARGE)
        at.slab->reciprocal = (uint32_t)(size >> 32);
    fill_back(&at, size);
    __atomic_store_n(&at.record->state, SP_RECORD_LIVE, __ATOMIC_RELEASE);
    sp_error_flush();
    if (sp_watches_armed())
        sp_watch_tell(SPACES_BLOCK_RESIZED, at.slab->heap->chunk, at.record, at.pointer, size);
    return true;
}

void sp_block_fork_lock(void)
{
    sp_guard_fork_lock();
    sp_quarantine_fork_lock();
}
void sp_block_fork(bool child)
{
    sp_quarantine_fork(child);
    sp_guard_fork(child);
}

#endif
