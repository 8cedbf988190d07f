/* shared.c - see shared.h: how a segment is made, found, left and removed. */
#include "shared.h"

#include <errno.h>
#include <string.h>

#include "../include/spaces.h"
#include "chunk.h"
#include "heap.h"
#include "lock.h"
#include "meta.h"
#include "mixed.h"
#include "os.h"

#define PAGE UINT64_C(4096)
/* Stands in for the magic number until the segment is complete. */
#define IN_THE_MAKING (~SP_SHARED_MAGIC)
/* Rounds of two processes that keep finding each other when they leave at once. */
#define REMOVE_TRIES 100

/* Held while this process creates, attaches or leaves a segment. */
static uint32_t attachments_lock;

static bool fail(SpProblem *problem, int code, const char *detail)
{
    problem->code = code;
    problem->detail = detail;
    return false;
}

/* ---- the plan ------------------------------------------------------------------- */

static void plan_for_data(SpSharedPlan *plan, uint64_t data)
{
    plan->data_bytes = data;
    plan->mixed_at = sp_round_up(sizeof(SpShared), 64);
    plan->records_at =
        sp_round_up(plan->mixed_at + sp_mixed_bytes(data, SPACES_SMALL_NONE), sizeof(SpRecord));
    uint64_t records = SP_DEBUG ? (SP_MIXED_RECORD(data) + 1) * sizeof(SpRecord) : 0;
    plan->data_at = sp_round_up(plan->records_at + records, PAGE);
}

/* Lay a segment out with as many pages of data as it can have; false where that is none. */
static bool plan_for(SpSharedPlan *plan, uint64_t bytes)
{
    uint64_t most = (uint64_t)(SP_MIXED_NO_UNIT - 1) << SP_MIXED_SHIFT;
    uint64_t low = 0, high = (bytes < most ? bytes : most) / PAGE;
    plan->bytes = bytes;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        plan_for_data(plan, middle * PAGE);
        if (plan->data_at + plan->data_bytes <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    plan_for_data(plan, low * PAGE);
    return low > 0;
}

/* ---- a process's own part -------------------------------------------------------- */

static void forget(SpChunk *chunk)
{
    sp_meta_free(sp_shared_attachment(chunk), sizeof(SpAttachment));
    chunk->attachment = 0;
    chunk->shared = NULL;
}

/* A chunk for a segment that is attached at `shared`; NULL with *problem. */
static SpChunk *make_chunk(SpShared *shared, const SpSharedPlan *plan, int id, int32_t key,
                           unsigned flags, SpProblem *problem)
{
    problem->code = SPACES_ERR_OUT_OF_MEMORY;
    problem->detail = "no memory for the handle";
    SpAttachment *own = sp_meta_alloc(sizeof *own);
    SpChunk *chunk = own ? sp_chunk_new(SP_CHUNK_SHARED, flags, &problem->code) : NULL;
    if (!chunk) {
        if (own)
            sp_meta_free(own, sizeof *own);
        return NULL;
    }
    own->id = id;
    own->uses = 1;
    own->plan = *plan;
    chunk->key = (uint32_t)key;
    chunk->serialized = 1;
    chunk->attachment = (uintptr_t)own;
    chunk->shared = shared;
    chunk->own.policy = SP_POLICY_LOCKED;
    SpAreaParts parts = {shared, plan->bytes, (char *)shared + plan->data_at,
                         (SpMixed *)(void *)((char *)shared + plan->mixed_at),
                         SP_DEBUG ? (SpRecord *)(void *)((char *)shared + plan->records_at) : NULL};
    if (sp_area_adopt(chunk, &parts, problem))
        return chunk;
    forget(chunk);
    sp_chunk_delete(chunk);
    return NULL;
}

/* The chunk by which this process has a segment already, or NULL. */
static SpChunk *known_chunk(int id)
{
    for (uint64_t i = 0; i < sp_load_acquire(&spaces_heap_root.chunk_count); i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (chunk && chunk->kind == SP_CHUNK_SHARED && chunk->attachment &&
            sp_shared_attachment(chunk)->id == id)
            return chunk;
    }
    return NULL;
}

/* ---- removal ---------------------------------------------------------------------- */

/* With the segment's lock held, or where there is none to hold. */
static void remove_if_alone(SpShared *shared, int id)
{
    SpOsSegment about;
    if (sp_os_segment_stat(id, &about) != 0 || about.attached != 1)
        return;
    sp_store_release(&shared->magic, 0); /* who attaches this moment sees it */
    sp_os_segment_remove(id);
}

/* Whether the segment is a chunk's, finished or not. */
static bool is_chunk(const SpShared *shared, uint64_t bytes)
{
    uint64_t magic = bytes >= sizeof *shared ? sp_load_acquire(&shared->magic) : 0;
    return magic == SP_SHARED_MAGIC || magic == IN_THE_MAKING;
}

/* Remove a segment that no process has attached any more. */
static void remove_unused(int id)
{
    SpOsSegment about;
    for (int tries = 0; tries < REMOVE_TRIES; tries++) {
        int error;
        if (sp_os_segment_stat(id, &about) != 0 || about.attached || !about.ours)
            return;
        SpShared *shared = sp_os_segment_attach(id, NULL, &error);
        if (!shared)
            return;
        SpSharedPlan plan;
        SpProblem ignored;
        if (is_chunk(shared, about.bytes)) {
            bool ours = shared->magic == SP_SHARED_MAGIC && shared->debug == SP_DEBUG &&
                        shared->layout_version == SP_LAYOUT_VERSION && plan_for(&plan, about.bytes);
            bool locked = ours && sp_shared_lock_bare(shared, &plan, &ignored);
            remove_if_alone(shared, id);
            if (locked)
                sp_shared_unlock_bare(shared);
        } else {
            tries = REMOVE_TRIES; /* another program's */
        }
        sp_os_segment_detach(shared);
    }
}

/* Remove what a chunk left behind all of whose processes were killed. */
static void remove_stale(int32_t key)
{
    int id = sp_os_segment_open(key);
    SpOsSegment about;
    if (id < 0 || sp_os_segment_stat(id, &about) != 0 || about.attached)
        return;
    if (about.used || !sp_os_process_lives(about.creator))
        remove_unused(id);
}

bool sp_shared_release(SpChunk *chunk)
{
    sp_lock(&attachments_lock);
    SpAttachment *own = sp_shared_attachment(chunk);
    bool last = own->uses <= 1;
    if (!last)
        own->uses--;
    sp_unlock(&attachments_lock);
    return last;
}

void sp_shared_detach(SpChunk *chunk)
{
    SpAttachment *own = sp_shared_attachment(chunk);
    SpShared *shared = chunk->shared;
    int id = own->id;
    sp_lock(&attachments_lock);
    /* Where the lock is lost nobody waits for it. */
    if (!own->held)
        sp_shared_lock(chunk);
    sp_shared_leave_task(shared, sp_os_process_id());
    remove_if_alone(shared, id);
    sp_shared_unlock(chunk);
    forget(chunk);
    sp_os_segment_detach(shared);
    remove_unused(id); /* two that left at once saw each other */
    sp_unlock(&attachments_lock);
}

/* ---- creation ------------------------------------------------------------------------ */

static bool refused(SpProblem *problem, int error)
{
    switch (error) {
    case EEXIST:
        return fail(problem, SPACES_ERR_BAD_CHUNK,
                    "a segment with this key exists already (EEXIST)");
    case ENOENT:
        return fail(problem, SPACES_ERR_BAD_CHUNK, "no segment has this key (ENOENT)");
    case EIDRM:
        return fail(problem, SPACES_ERR_BAD_CHUNK,
                    "the segment is being removed, as its last process left it (EIDRM)");
    case EACCES:
        return fail(problem, SPACES_ERR_WRONG_TASK,
                    "the segment of this key belongs to another user (EACCES)");
    case EINVAL:
        return fail(problem, SPACES_ERR_BLOCK_TOO_BIG,
                    "the system allows no segment of this size (EINVAL; see "
                    "/proc/sys/kernel/shmmax)");
    case ENOSPC:
        return fail(problem, SPACES_ERR_OUT_OF_MEMORY,
                    "the system's limit of shared memory is reached (ENOSPC; see ipcs -lm)");
    case ENOMEM:
        return fail(problem, SPACES_ERR_OUT_OF_MEMORY,
                    "the system has no memory for the segment (ENOMEM)");
    case ENOSYS:
        return fail(problem, SPACES_ERR_UNSUPPORTED,
                    "this system has no System V shared memory (ENOSYS)");
    default:
        return fail(problem, SPACES_ERR_OUT_OF_MEMORY,
                    "the system does not give or attach the segment");
    }
}

/* Fill a fresh segment, all zero; its magic number comes last. */
static bool fill(SpShared *shared, const SpSharedPlan *plan, unsigned flags, SpProblem *problem)
{
    sp_store_release(&shared->magic, IN_THE_MAKING);
    shared->layout_version = SP_LAYOUT_VERSION;
    shared->debug = SP_DEBUG;
    shared->bytes = plan->bytes;
    shared->address = (uintptr_t)shared;
    shared->mixed_at = plan->mixed_at;
    shared->records_at = plan->records_at;
    shared->data_at = plan->data_at;
    shared->data_bytes = plan->data_bytes;
    shared->created_flags = flags;
    sp_mixed_init((SpMixed *)(void *)((char *)shared + plan->mixed_at), plan->data_bytes,
                  SPACES_SMALL_NONE, sp_os_random());
    if (!sp_shared_make_lock(shared))
        return fail(problem, SPACES_ERR_LOCK,
                    "the system has no robust process-shared mutex for the segment");
    sp_shared_enter_task(shared, sp_os_process_id());
    return true;
}

static SpChunk *create(int32_t key, uint64_t size, unsigned flags, SpProblem *problem)
{
    SpSharedPlan plan;
    uint64_t bytes = sp_round_up(size, PAGE);
    if (bytes < size || !plan_for(&plan, bytes)) {
        fail(problem, SPACES_ERR_BLOCK_TOO_BIG,
             bytes < size ? "no system has so much memory"
                          : "the chunk's own structures leave no page of a segment of this size");
        return NULL;
    }
    int id = sp_os_segment_create(key, bytes);
    if (id == -EEXIST) {
        remove_stale(key);
        id = sp_os_segment_create(key, bytes);
    }
    int error = id < 0 ? -id : 0;
    SpShared *shared = id < 0 ? NULL : sp_os_segment_attach(id, NULL, &error);
    SpChunk *chunk = NULL;
    if (!shared) {
        refused(problem, error);
    } else if (fill(shared, &plan, flags, problem)) {
        chunk = make_chunk(shared, &plan, id, key, flags, problem);
        if (chunk) {
            sp_shared_attachment(chunk)->process = sp_os_process_id();
            sp_store_release(&shared->magic, SP_SHARED_MAGIC);
            return chunk;
        }
    }
    if (shared)
        sp_os_segment_detach(shared);
    if (id >= 0)
        sp_os_segment_remove(id);
    return NULL;
}

SpChunk *sp_shared_create(int32_t key, uint64_t size, unsigned flags, SpProblem *problem)
{
    sp_lock(&attachments_lock);
    SpChunk *chunk =
        create(key, size, flags | SPACES_CHUNK_SHARED | SPACES_CHUNK_SERIALIZE, problem);
    sp_unlock(&attachments_lock);
    return chunk;
}

/* ---- attaching ------------------------------------------------------------------------ */

/* Whether a segment is a chunk that this process can use, and its plan. */
static bool examine(const SpShared *shared, uint64_t bytes, SpSharedPlan *plan, SpProblem *problem)
{
    uint64_t magic = is_chunk(shared, bytes) ? sp_load_acquire(&shared->magic) : 0;
    if (!magic)
        return fail(problem, SPACES_ERR_BAD_CHUNK, "the segment of this key is no shared chunk");
    if (magic != SP_SHARED_MAGIC)
        return fail(problem, SPACES_ERR_BAD_CHUNK,
                    "its creator has not finished making the shared chunk");
    if (shared->layout_version != SP_LAYOUT_VERSION)
        return fail(problem, SPACES_ERR_UNSUPPORTED,
                    "the shared chunk was made by another version of the library");
    if (shared->debug != SP_DEBUG)
        return fail(problem, SPACES_ERR_UNSUPPORTED,
                    SP_DEBUG
                        ? "the shared chunk was made by the fast build, this is the debug build"
                        : "the shared chunk was made by the debug build, this is the fast build");
    if (!plan_for(plan, bytes) || shared->bytes != bytes || shared->mixed_at != plan->mixed_at ||
        shared->records_at != plan->records_at || shared->data_at != plan->data_at ||
        shared->data_bytes != plan->data_bytes)
        return fail(problem, SPACES_ERR_BAD_CHUNK,
                    "the segment's header does not agree with its size: it was overwritten");
    return true;
}

/* Have it where its creator has it, if that can be, so that pointers mean the same. */
static SpShared *move_home(SpShared *shared, int id)
{
    void *home = (void *)(uintptr_t)shared->address;
    int error;
    if (home == shared)
        return shared;
    void *there = sp_os_segment_attach(id, home, &error);
    if (!there)
        return shared;
    sp_os_segment_detach(there == home ? (void *)shared : there);
    return there == home ? there : shared;
}

/* Enter the attached segment; false with *problem, it may be on its way out. */
static bool join(SpChunk *chunk, SpProblem *problem)
{
    bool locked = sp_heap_lock(&chunk->own);
    bool joined = sp_shared_is_held(chunk);
    if (!joined)
        *problem = chunk->shared->magic ? *sp_shared_trouble(chunk)
                                        : (SpProblem){SPACES_ERR_BAD_CHUNK,
                                                      "the segment is being removed, as its last "
                                                      "process left it"};
    sp_heap_unlock(&chunk->own, locked);
    return joined;
}

static SpChunk *attach(int32_t key, SpProblem *problem)
{
    int id = sp_os_segment_open(key);
    SpChunk *chunk = id < 0 ? NULL : known_chunk(id);
    if (chunk) {
        sp_shared_attachment(chunk)->uses++;
        return chunk;
    }
    SpOsSegment about;
    int error = id < 0 ? -id : 0;
    SpShared *shared = id < 0 ? NULL : sp_os_segment_attach(id, NULL, &error);
    if (!shared || (error = -sp_os_segment_stat(id, &about)) != 0) {
        refused(problem, error);
        if (shared)
            sp_os_segment_detach(shared);
        return NULL;
    }
    SpSharedPlan plan;
    if (examine(shared, about.bytes, &plan, problem)) {
        shared = move_home(shared, id);
        unsigned flags = shared->created_flags & (SPACES_CHUNK_ZERO_INIT |
                                                  SPACES_CHUNK_VIRTUAL_LOCK | SPACES_CHUNK_DEFAULT);
        chunk = make_chunk(shared, &plan, id, key,
                           flags | SPACES_CHUNK_SHARED | SPACES_CHUNK_SERIALIZE, problem);
        if (chunk && join(chunk, problem))
            return chunk;
        if (chunk) {
            sp_area_close(chunk);
            forget(chunk);
            sp_chunk_delete(chunk);
        }
    }
    sp_os_segment_detach(shared);
    remove_unused(id);
    return NULL;
}

SpChunk *sp_shared_attach(int32_t key, SpProblem *problem)
{
    sp_lock(&attachments_lock);
    SpChunk *chunk = attach(key, problem);
    sp_unlock(&attachments_lock);
    return chunk;
}

/* ---- fork ---------------------------------------------------------------------------- */

void sp_shared_fork_lock(void)
{
    sp_lock(&attachments_lock);
}

void sp_shared_fork(bool child)
{
    if (child)
        attachments_lock = 0;
    else
        sp_unlock(&attachments_lock);
}
