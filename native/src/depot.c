/* depot.c - see depot.h. The region starts with the hash table's buckets. */
#include "depot.h"

#include "lock.h"
#include "recall.h"
#include "root.h"
#include "settings.h"

#define BUCKETS    (1u << 18)
#define FIRST_BYTE (BUCKETS * sizeof(uint32_t))
/* In such steps the region becomes a part of core files as it is used. */
#define CORE_STEP (UINT64_C(4) << 20)

static uint32_t hash_frames(const uintptr_t *frames, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

SpStack *sp_depot_get(uint32_t id)
{
    uint64_t at = (uint64_t)id * SP_STACK_UNIT;
    if (at < FIRST_BYTE || at >= sp_load(&spaces_heap_root.depot_used))
        return NULL;
    return (SpStack *)(uintptr_t)(spaces_heap_root.depot + at);
}

static bool same(const SpStack *stack, uint32_t hash, const uintptr_t *frames, uint32_t count)
{
    if (stack->hash != hash || stack->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (stack->frames[i] != frames[i])
            return false;
    return true;
}

/* Room for a stack; 0 where there is none. */
static uint64_t reserve(uint32_t count)
{
    uint64_t bytes = offsetof(SpStack, frames) + count * sizeof(uint64_t);
    uint64_t used = sp_load(&spaces_heap_root.depot_used), start;
    do {
        start = used < FIRST_BYTE ? FIRST_BYTE : used;
        if (start + bytes > spaces_heap_root.depot_size)
            return 0;
    } while (!sp_cas(&spaces_heap_root.depot_used, &used, start + bytes));
    uint64_t kept = (used + CORE_STEP - 1) & ~(CORE_STEP - 1);
    if (start + bytes > kept)
        sp_os_keep_in_cores((void *)(uintptr_t)(spaces_heap_root.depot + kept), CORE_STEP, true);
    return start;
}

uint32_t sp_depot_intern(const uintptr_t *frames, uint32_t count, uint32_t *pass)
{
    if (!count || !spaces_heap_root.depot)
        return 0;
    uint32_t hash = hash_frames(frames, count);
    uint32_t *bucket = (uint32_t *)(uintptr_t)spaces_heap_root.depot + (hash & (BUCKETS - 1));
    uint32_t head = sp_load_acquire(bucket), searched = 0;
    SpStack *made = NULL;
    uint32_t made_id = 0;
    for (;;) {
        for (uint32_t id = head; id != searched;) {
            SpStack *stack = sp_depot_get(id);
            if (same(stack, hash, frames, count)) {
                if (pass)
                    *pass = sp_add(&stack->passes, 1) + 1;
                return id;
            }
            id = stack->next;
        }
        if (!made) {
            uint64_t at = reserve(count);
            if (!at)
                return 0;
            made_id = (uint32_t)(at / SP_STACK_UNIT);
            made = (SpStack *)(uintptr_t)(spaces_heap_root.depot + at);
            made->hash = hash;
            made->count = count;
            made->passes = pass != NULL;
            for (uint32_t i = 0; i < count; i++)
                made->frames[i] = frames[i];
        }
        made->next = searched = head;
        if (sp_cas(bucket, &head, made_id)) {
            if (pass)
                *pass = 1;
            return made_id;
        }
    }
}

uint32_t sp_depot_capture(const SpCaller *caller, uint32_t *pass)
{
    if (sp_settings.track == SP_TRACK_OFF)
        return 0;
    uint32_t id = sp_recall(caller);
    if (sp_likely(id)) {
        SpStack *stack = sp_depot_get(id);
        if (pass && stack)
            *pass = sp_count(&stack->passes, 1) + 1;
        return id;
    }
    uintptr_t frames[SP_STACK_MAX_FRAMES];
    SpTrail trail;
    uint32_t count = sp_unwind_from(caller, frames, sp_settings.stack_depth, &trail);
    id = sp_depot_intern(frames, count, pass);
    sp_recall_keep(caller, &trail, id);
    return id;
}

uint32_t sp_depot_capture_allocation(const SpCaller *caller, uint64_t bytes, uint32_t *pass)
{
    /* Bytes until the next sample. Its distance varies, so that no regular
     * pattern of allocations can hide between samples. */
    static SP_TLS int64_t distance;
    static SP_TLS uint64_t state;
    if (sp_settings.track == SP_TRACK_SAMPLED) {
        distance -= (int64_t)(bytes < SP_SAMPLE_BYTES ? bytes + 1 : SP_SAMPLE_BYTES);
        if (distance > 0 && bytes < SP_SAMPLE_BYTES)
            return 0;
        state = sp_mix(state + (uintptr_t)&state);
        distance = (int64_t)(state % (2 * SP_SAMPLE_BYTES)) + 1;
    }
    return sp_depot_capture(caller, pass);
}
