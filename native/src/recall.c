/*
 * recall.c - see recall.h. A table a thread, four places for each hash of where a
 * walk began:
 *
 *   trace   id | digest of pc, sp, perhaps bp, and the words at sp + 8 * at[i]
 *
 * By induction from the innermost frame out, equal words make equal frames: a
 * frame's rule follows from its pc, the place of the next pc from the rule, sp
 * and, if it is in the digest, bp. Of 64 bits, the digest is as good as the words.
 *
 * Most programs have few stacks that allocate: the table begins small, and
 * grows, forgetting all, where it has been filled several times.
 */
#include "recall.h"

#include "meta.h"

#define WAYS     4u
#define SETS_MIN 32u
#define SETS_MAX 256u
#define LANES    4u /* words that are digested side by side */
#define AT_MAX   56u
#define FILLS    4u /* of all places, until the table grows */

typedef struct Trace {
    uint64_t digest;
    uint32_t id;
    uint8_t count; /* of `at`, a multiple of LANES: the last is there repeatedly */
    bool by_bp;
    uint16_t at[AT_MAX]; /* offsets from sp in units of 8 bytes */
} Trace;
_Static_assert(sizeof(Trace) == 128, "two cache lines, of which most traces need one");

typedef struct Set {
    uint32_t keys[WAYS]; /* what tells most traces apart; 0 vacant */
} Set;

typedef struct Recall {
    Trace *traces; /* WAYS a set */
    uint32_t sets;
    uint32_t kept; /* walks remembered since it has this size */
    Set set[];
} Recall;

static SP_TLS Recall *recall;
static SP_TLS bool ended; /* what the thread's last destructors allocate is not worth a table */

static uint64_t hash_of(const SpCaller *caller)
{
    uint64_t hash =
        (caller->sp ^ (caller->pc << 20 | caller->pc >> 44)) * UINT64_C(0x9e3779b97f4a7c15);
    return hash | 1;
}

static uint64_t digest_of(const SpCaller *caller, const Trace *trace)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const uintptr_t *sp = (const uintptr_t *)caller->sp;
    uint64_t lane[LANES] = {caller->sp, caller->pc, trace->by_bp ? caller->bp : 1, 2};
    for (uint32_t i = 0; i < trace->count; i += LANES)
        for (uint32_t j = 0; j < LANES; j++) {
            lane[j] = (lane[j] ^ sp[trace->at[i + j]]) * odd;
            lane[j] ^= lane[j] >> 32;
        }
    for (uint32_t j = 1; j < LANES; j++) {
        lane[0] = (lane[0] ^ lane[j]) * odd;
        lane[0] ^= lane[0] >> 29;
    }
    return lane[0];
}

uint32_t sp_recall(const SpCaller *caller)
{
    Recall *r = recall;
    if (sp_unlikely(!r))
        return 0;
    uint64_t hash = hash_of(caller);
    uint32_t place = (uint32_t)(hash >> 48) & (r->sets - 1), key = (uint32_t)hash;
    const Set *set = &r->set[place];
    for (uint32_t way = 0; way < WAYS; way++) {
        if (set->keys[way] != key)
            continue;
        const Trace *trace = &r->traces[place * WAYS + way];
        if (trace->digest == digest_of(caller, trace))
            return trace->id;
    }
    return 0;
}

static size_t bytes_of(uint32_t sets)
{
    return sizeof(Recall) + sets * sizeof(Set);
}

static void drop(Recall *r)
{
    sp_meta_free(r->traces, r->sets * WAYS * sizeof(Trace));
    sp_meta_free(r, bytes_of(r->sets));
}

/* The table with room for one more walk; NULL where there is no memory. */
static Recall *table(void)
{
    Recall *old = recall;
    if (old && (old->kept++ < old->sets * WAYS * FILLS || old->sets == SETS_MAX))
        return old;
    if (ended)
        return NULL;
    uint32_t sets = old ? old->sets * 2 : SETS_MIN;
    Recall *r = sp_meta_alloc(bytes_of(sets));
    Trace *traces = r ? sp_meta_alloc(sets * WAYS * sizeof(Trace)) : NULL;
    if (!traces) {
        if (r)
            sp_meta_free(r, bytes_of(sets));
        return old;
    }
    if (old)
        drop(old);
    r->traces = traces;
    r->sets = sets;
    return recall = r;
}

/* Put a walk's words into a trace; false where they do not fit. */
static bool describe(Trace *trace, const SpCaller *caller, const SpTrail *trail)
{
    uint32_t count = 0;
    for (; count < trail->count; count++) {
        uint64_t offset = (trail->words[count] - caller->sp) / sizeof(uintptr_t);
        if (offset > UINT16_MAX)
            return false;
        trace->at[count] = (uint16_t)offset;
    }
    for (; count % LANES; count++)
        trace->at[count] = count ? trace->at[count - 1] : 0;
    trace->count = (uint8_t)count;
    trace->by_bp = trail->by_bp;
    trace->digest = digest_of(caller, trace);
    return true;
}
_Static_assert(SP_TRAIL_MAX <= AT_MAX && AT_MAX % LANES == 0, "every trail has room");

void sp_recall_keep(const SpCaller *caller, const SpTrail *trail, uint32_t id)
{
    if (!trail->whole || !id || caller->sp % sizeof(uintptr_t))
        return;
    Recall *r = table();
    if (!r)
        return;
    uint64_t hash = hash_of(caller);
    uint32_t place = (uint32_t)(hash >> 48) & (r->sets - 1), way = r->kept % WAYS;
    for (uint32_t i = 0; i < WAYS; i++)
        if (!r->set[place].keys[i])
            way = i;
    Trace *trace = &r->traces[place * WAYS + way];
    bool fits = describe(trace, caller, trail);
    trace->id = id;
    r->set[place].keys[way] = fits ? (uint32_t)hash : 0;
}

void sp_recall_thread_end(void)
{
    if (recall)
        drop(recall);
    recall = NULL;
    ended = true;
}
