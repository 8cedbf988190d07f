/* inspect.c - see inspect.h. */
#include "inspect.h"

#include <string.h>

#include "area_map.h"
#include "chain.h"
#include "chunk.h"
#include "heap.h"
#include "lock.h"
#include "mixed.h"
#include "os.h"
#include "remote.h"
#include "segment.h"
#include "shared.h"

static const void *read_own(SpMemory *memory, uint64_t address, size_t length)
{
    (void)memory;
    uint64_t last = address + length - 1;
    if (!length || last < address || last >> SP_ADDRESS_BITS)
        return NULL;
    for (uint64_t unit = address >> SP_SEGMENT_SHIFT; unit <= last >> SP_SEGMENT_SHIFT; unit++)
        if (!(sp_load_acquire(&sp_segment_map[unit]) & ~SP_MAP_AREA))
            return sp_area_map_covers((const void *)(uintptr_t)address, length)
                       ? (const void *)(uintptr_t)address
                       : NULL;
    return (const void *)(uintptr_t)address;
}

SpMemory *sp_own_memory(void)
{
    static SpMemory memory = {read_own};
    return &memory;
}

bool sp_inspect_block(const SpSlab *slab, uint32_t index, SpDamage *damage)
{
    /* The decoder of a slab whose header we wrote ourselves: what does not change while a block
     * is out, as others may be at work in the slab. Of the bitmaps only the first word is used. */
    SpDecoder decoder;
    decoder.slab = (SpSlab){.base = slab->base,
                            .key = slab->key,
                            .kind = slab->kind,
                            .block_size = slab->block_size,
                            .reciprocal = slab->reciprocal,
                            .carved = sp_load(&slab->carved),
                            .capacity = slab->capacity,
                            .bin = slab->bin,
                            .shift = slab->shift,
                            .flags = sp_load(&slab->flags),
                            .heap = slab->heap,
                            .records = slab->records,
                            .slabs = slab->slabs,
                            .bytes = slab->kind == SP_SLAB_LARGE ? slab->bytes : 0};
    decoder.header = (uintptr_t)slab;
    decoder.first = 0;
    decoder.blocks = decoder.end = decoder.slab.carved;
    decoder.debug = true;
    decoder.records = slab->records;
    decoder.first_record = 0;
    decoder.damage.kind = SP_DAMAGE_NONE;
    if (slab->kind == SP_SLAB_MIXED) { /* a window of one block */
        const SpMixed *mixed = slab->mixed;
        decoder.first = index;
        decoder.end = index + 1;
        decoder.blocks = 1;
        decoder.starts[0] = 1;
        decoder.freed[0] = 0;
        decoder.mixed = (SpMixedView){.key = mixed->key,
                                      .algorithm = mixed->algorithm,
                                      .shift = mixed->shift,
                                      .units = mixed->units,
                                      .next = index + sp_mixed_length(mixed, index)};
    }
    return sp_check_block(&decoder, sp_own_memory(), index, damage) == SP_DECODE_DAMAGED;
}

/* Damage told lately: the same block is found again by each check, at its free
 * and at exit. What is told takes the place of what was told longest ago of its set. */
#define TOLD_SETS 64u
#define TOLD_WAYS 16u
static struct {
    uint64_t keys[TOLD_WAYS];
    uint32_t next;
} told_lately[TOLD_SETS];

bool sp_inspect_told(const void *block, uint64_t sequence, uint64_t what)
{
    uint64_t key = sp_mix((uintptr_t)block ^ sp_mix(sequence + what)) | 1; /* 0: none */
    unsigned set = (unsigned)(key >> 32) % TOLD_SETS;
    for (unsigned way = 0; way < TOLD_WAYS; way++)
        if (sp_load(&told_lately[set].keys[way]) == key)
            return true;
    sp_store(&told_lately[set].keys[sp_add(&told_lately[set].next, 1) % TOLD_WAYS], key);
    return false;
}

static bool told_before(const SpDamage *damage, uint64_t sequence)
{
    return sp_inspect_told((const void *)(uintptr_t)damage->address, sequence, damage->kind);
}

static SpError describe(SpChunk *chunk, const SpDamage *damage, const char *function, bool by_check)
{
    static const struct {
        SpKind kind;
        SpacesErrorCode code;
    } kinds[] = {
        [SP_DAMAGE_METADATA] = {SP_KIND_METADATA, SPACES_ERR_BAD_CHUNK},
        [SP_DAMAGE_OVERFLOW] = {SP_KIND_OVERFLOW, SPACES_ERR_BAD_BLOCK},
        [SP_DAMAGE_UNDERFLOW] = {SP_KIND_UNDERFLOW, SPACES_ERR_BAD_BLOCK},
        [SP_DAMAGE_WRITE_AFTER_FREE] = {SP_KIND_WRITE_AFTER_FREE, SPACES_ERR_BAD_FREE_BLOCK},
        [SP_DAMAGE_DOUBLE_FREE] = {SP_KIND_DOUBLE_FREE, SPACES_ERR_BAD_FREE_BLOCK},
    };
    SpError error = {.kind = kinds[damage->kind].kind,
                     .code = kinds[damage->kind].code,
                     .chunk = chunk,
                     .function = function,
                     .address = (const void *)(uintptr_t)damage->address,
                     .size = damage->size,
                     .offset = damage->offset,
                     .bytes = damage->bytes,
                     .byte_count = damage->length,
                     .bytes_offset = damage->first,
                     .by_check = by_check};
    if (damage->kind == SP_DAMAGE_METADATA)
        error.detail = damage->reason;
    if (SP_DEBUG && damage->index != SP_NO_BLOCK) {
        const SpBlock *block = &damage->block;
        bool ours = !block->process || block->process == (spaces_heap_root.pid & 0xffffffu);
        error.sequence = block->sequence;
        error.pass = block->pass;
        error.thread = block->thread;
        error.alloc_stack = ours ? block->alloc_stack : 0;
        error.free_stack = ours && block->state != SP_RECORD_LIVE ? block->free_stack : 0;
    }
    return error;
}

void sp_inspect_raise(SpChunk *chunk, const SpDamage *damage, const char *function, bool by_check)
{
    SpError error = describe(chunk, damage, function, by_check);
    if (!told_before(damage, error.sequence))
        sp_error_raise(&error);
}

/* ---- whole chunks ------------------------------------------------------------- */

#define BATCH 16u
/* Damaged blocks of one heap that are told; more than that tells nothing new. */
#define MOST 256u

/* A finding in a heap that its thread is using may be a change half seen. Damage stays, and looks
 * the same each time; so it is looked at this often again, after a pause each. */
#define SECOND_LOOKS  3u
#define LOOK_PAUSE_US 1000u

/* What was found while locks are held; raised when they are not. */
typedef struct Findings {
    SpChunk *chunk;
    const char *function;
    uint64_t skip, found; /* of `found` the first `skip` were told before */
    uint32_t count;
    struct {
        const SpSlab *slab; /* NULL: it is a list that is damaged */
        SpDamage damage;
        SpError error;
    } batch[BATCH];
} Findings;

static void note(Findings *findings, const SpSlab *slab, const SpDamage *damage)
{
    if (findings->found++ < findings->skip || findings->count == BATCH)
        return;
    uint32_t i = findings->count++;
    findings->batch[i].slab = slab;
    findings->batch[i].damage = *damage;
    findings->batch[i].error =
        describe(findings->chunk, &findings->batch[i].damage, findings->function, true);
}

static void inspect_slab(const SpSlab *slab, Findings *findings)
{
    SpDecoder d;
    SpDamage damage;
    SpSlab header = *slab;
    SpMemory *memory = sp_own_memory();
    bool each = SP_DEBUG || slab->kind == SP_SLAB_MIXED;
    SpDecodeResult result = sp_decode_slab(&d, memory, &header, (uintptr_t)slab, SP_DEBUG);
    for (;; result = sp_decode_window(&d, memory)) {
        if (result == SP_DECODE_DAMAGED)
            note(findings, slab, &d.damage);
        for (uint32_t i = sp_decode_first(&d); each && i != SP_NO_BLOCK; i = sp_decode_after(&d, i))
            if (sp_check_block(&d, memory, i, &damage) == SP_DECODE_DAMAGED)
                note(findings, slab, &damage);
        if (!sp_decode_more(&d))
            return;
    }
}

/* A heap that another thread may be changing this moment. */
static bool is_elsewhere(const SpHeap *heap)
{
    return heap->policy == SP_POLICY_THREAD && heap != sp_thread_heap;
}

/* What keeps a heap's slabs in place while they are read: its lock, or, where only its thread
 * may change it, the pool's, so that none of its segments goes away. */
static bool hold(SpHeap *heap)
{
    if (!is_elsewhere(heap))
        return sp_heap_lock(heap);
    sp_pool_hold();
    return true;
}

static void let_go(SpHeap *heap, bool held)
{
    if (!is_elsewhere(heap))
        sp_heap_unlock(heap, held);
    else
        sp_pool_let_go();
}

/* The slabs of a heap, or those of the chunk's large blocks where that is NULL. */
static void inspect_list(SpHeap *heap, Findings *findings)
{
    SpDamage damage;
    SpSlab *slab = NULL;
    while ((slab = sp_chain_slab(findings->chunk, heap, slab, &damage)))
        inspect_slab(slab, findings);
    if (damage.kind)
        note(findings, NULL, &damage);
}

static void inspect_heap(SpHeap *heap, Findings *findings)
{
    bool held = hold(heap);
    inspect_list(heap, findings);
    let_go(heap, held);
}

static bool same_damage(const SpDamage *a, const SpDamage *b)
{
    return a->kind == b->kind && a->index == b->index && a->address == b->address &&
           a->offset == b->offset && a->length == b->length &&
           !memcmp(a->bytes, b->bytes, a->length);
}

/* Whether the slab is still the heap's, or, where that is NULL, its list still damaged. */
static bool still_there(SpHeap *heap, const SpSlab *wanted, const SpDamage *found)
{
    SpDamage damage;
    SpSlab *slab = NULL;
    while ((slab = sp_chain_slab(heap->chunk, heap, slab, &damage)))
        if (slab == wanted)
            return true;
    return !wanted && damage.kind && same_damage(&damage, found);
}

static bool seen_again(const SpSlab *slab, const SpDamage *damage)
{
    SpDecoder d;
    SpDamage block;
    SpSlab header = *slab;
    SpMemory *memory = sp_own_memory();
    sp_decode_slab(&d, memory, &header, (uintptr_t)slab, SP_DEBUG);
    if (damage->index != SP_NO_BLOCK && (SP_DEBUG || slab->kind == SP_SLAB_MIXED)) {
        sp_decode_seek(&d, memory, damage->index);
        sp_check_block(&d, memory, damage->index, &block);
        return same_damage(&block, damage);
    }
    while (!same_damage(&d.damage, damage) && sp_decode_more(&d))
        sp_decode_window(&d, memory);
    return same_damage(&d.damage, damage);
}

/* Drop findings that a second look does not confirm. */
static void confirm(SpHeap *heap, Findings *findings)
{
    for (uint32_t look = 0; look < SECOND_LOOKS && findings->count; look++) {
        uint32_t kept = 0;
        sp_os_sleep(LOOK_PAUSE_US);
        sp_pool_hold();
        for (uint32_t i = 0; i < findings->count; i++)
            if (still_there(heap, findings->batch[i].slab, &findings->batch[i].damage) &&
                (!findings->batch[i].slab ||
                 seen_again(findings->batch[i].slab, &findings->batch[i].damage)))
                findings->batch[kept++] = findings->batch[i];
        sp_pool_let_go();
        findings->found -= findings->count - kept;
        findings->count = kept;
    }
}

static void inspect_large(SpChunk *chunk, Findings *findings)
{
    sp_lock(&chunk->large_lock);
    inspect_list(NULL, findings);
    sp_unlock(&chunk->large_lock);
}

/* One heap, or the chunk's large blocks where that is NULL. */
static uint64_t inspect_part(SpChunk *chunk, SpHeap *heap, const char *function)
{
    Findings findings = {.chunk = chunk, .function = function};
    uint32_t noted;
    do {
        findings.count = 0;
        findings.found = 0;
        if (heap)
            inspect_heap(heap, &findings);
        else
            inspect_large(chunk, &findings);
        noted = findings.count;
        if (heap && is_elsewhere(heap))
            confirm(heap, &findings);
        for (uint32_t i = 0; i < findings.count; i++) {
            findings.batch[i].error.bytes = findings.batch[i].damage.bytes;
            if (!told_before(&findings.batch[i].damage, findings.batch[i].error.sequence))
                sp_error_raise(&findings.batch[i].error);
        }
        findings.skip += noted;
    } while (noted == BATCH && findings.skip < MOST);
    return findings.found;
}

uint64_t sp_inspect_chunk(SpChunk *chunk, const char *function)
{
    uint64_t found = 0;
    SpDamage damage;
    SpHeap *heap = NULL;
    sp_remote_flush();
    while ((heap = sp_chain_heap(chunk, heap, &damage)))
        found += inspect_part(chunk, heap, function);
    if (damage.kind) {
        sp_inspect_raise(chunk, &damage, function, true);
        found++;
    }
    return found + inspect_part(chunk, NULL, function);
}

uint64_t sp_inspect_all(const char *function)
{
    uint64_t found = 0;
    for (uint64_t i = 0; i < sp_load_acquire(&spaces_heap_root.chunk_count); i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (chunk && sp_shared_is_reachable(chunk))
            found += sp_inspect_chunk(chunk, function);
    }
    return found;
}
