/*
 * shared.h - a chunk in a System V segment, used by several processes at once.
 *
 *   |SpShared|SpMixed, bitmaps|records (debug build)|data, page-aligned ...|
 *
 * All that is known about its blocks stands in the segment, by offsets; a
 * process's own part is an SpChunk (the handle, the ceiling, the counters) and
 * an SpAttachment. The processes must see each other's ids: one user, one pid
 * namespace.
 *
 * Lock. A robust process-shared mutex in the segment, taken after the chunk's
 * own heap lock, which keeps this process's threads apart. Where its owner died,
 * the next one makes the lists anew from the bitmaps. A process that is stopped
 * while it holds the lock makes the others wait, as with any lock.
 *
 * Removal. The segment goes when the last process that has it attached destroys
 * its chunk; one whose processes were all killed stays, and the next creator of
 * the same key replaces it.
 */
#ifndef SPACES_SHARED_H
#define SPACES_SHARED_H

#include "area.h"

/* Where a segment's parts lie: a function of its size and the build, so that
 * nothing that stands in the segment need be believed. */
typedef struct SpSharedPlan {
    uint64_t bytes; /* of the segment */
    uint64_t mixed_at, records_at, data_at, data_bytes;
} SpSharedPlan;

/* What a process keeps about a segment that it has attached; guarded by the
 * heap lock of the chunk's own heap, `uses` by the lock of all attachments. */
typedef struct SpAttachment {
    int id;            /* of the segment */
    uint32_t uses;     /* calls of create and attach that have not been undone */
    uint32_t process;  /* entered in SpShared.tasks; another after a fork */
    uint32_t held;     /* this process has the segment's lock */
    SpProblem trouble; /* why it could not be had last time */
    SpSharedPlan plan;
} SpAttachment;

static inline SpAttachment *sp_shared_attachment(const SpChunk *chunk)
{
    return (SpAttachment *)(uintptr_t)chunk->attachment;
}

/* ---- shared.c: a segment comes and goes --------------------------------------- */

/* A new segment of `size` bytes and its chunk; NULL with *problem. */
SP_HIDDEN SpChunk *sp_shared_create(int32_t key, uint64_t size, unsigned flags, SpProblem *problem);
/* The chunk of the segment of this key, attached once more where this process
 * has it already; NULL with *problem. */
SP_HIDDEN SpChunk *sp_shared_attach(int32_t key, SpProblem *problem);
/* Undo one of these; true where it was the last, and the chunk is to be deleted. */
SP_HIDDEN bool sp_shared_release(SpChunk *chunk);
/* Leave the segment, and remove it where nobody else has it. */
SP_HIDDEN void sp_shared_detach(SpChunk *chunk);

SP_HIDDEN void sp_shared_fork_lock(void);
SP_HIDDEN void sp_shared_fork(bool child);

/* ---- shared_lock.c: who is in it ----------------------------------------------- */

SP_HIDDEN bool sp_shared_make_lock(SpShared *shared);
/* Take / give back the segment's lock, with the own heap's lock held. Where it
 * cannot be had sp_shared_is_held says so, and sp_shared_trouble why. */
SP_HIDDEN void sp_shared_lock(SpChunk *chunk);
SP_HIDDEN void sp_shared_unlock(SpChunk *chunk);
/* The same for a segment that no chunk of this process knows. */
SP_HIDDEN bool sp_shared_lock_bare(SpShared *shared, const SpSharedPlan *plan, SpProblem *problem);
SP_HIDDEN void sp_shared_unlock_bare(SpShared *shared);

static inline bool sp_shared_is_held(const SpChunk *chunk)
{
    return sp_load(&sp_shared_attachment(chunk)->held) != 0;
}
static inline const SpProblem *sp_shared_trouble(const SpChunk *chunk)
{
    return &sp_shared_attachment(chunk)->trouble;
}

/* Whether what is known about the blocks can be believed; true for chunks that are not shared. */
SP_HIDDEN bool sp_shared_is_sound_slow(const SpChunk *chunk);
static inline bool sp_shared_is_sound(const SpChunk *chunk)
{
    return !chunk->shared || sp_shared_is_sound_slow(chunk);
}
/* Whether the lock comes free within a moment: what ends must not wait for a process that
 * is stopped. True for chunks that are not shared. */
SP_HIDDEN bool sp_shared_is_reachable(SpChunk *chunk);
/* Whether the lock can be had: tries. */
SP_HIDDEN bool sp_shared_is_usable(SpChunk *chunk);

/* Enter this process among the tasks; false where the table is full of live ones. */
SP_HIDDEN bool sp_shared_enter_task(SpShared *shared, uint32_t process);
SP_HIDDEN void sp_shared_leave_task(SpShared *shared, uint32_t process);
/* In the child of a fork: this process uses the segment too, and has no lock. */
SP_HIDDEN void sp_shared_forked(SpChunk *chunk);

/* Debug build: the number of an allocation, the process's id in its upper 24 bits. */
SP_HIDDEN uint64_t sp_shared_sequence(SpChunk *chunk);
/* Whether a block's stacks are this process's; true for chunks that are not shared. */
SP_HIDDEN bool sp_shared_is_ours(const SpChunk *chunk, const SpRecord *record);

#endif
