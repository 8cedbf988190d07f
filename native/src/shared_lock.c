/* shared_lock.c - see shared.h: the segment's lock, what is done where its owner
 * died, and the table of the processes that use it. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "../include/spaces.h"
#include "heap.h"
#include "mixed.h"
#include "os.h"
#include "root.h"
#include "shared.h"

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(((SpShared *)0)->lock), "the lock has room");

#define NS_PER_SECOND 1000000000
/* How long the end of a process waits for the lock. */
#define PATIENCE_NS 200000000

static pthread_mutex_t *mutex_of(SpShared *shared)
{
    return (pthread_mutex_t *)(void *)shared->lock;
}

bool sp_shared_make_lock(SpShared *shared)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0)
        return false;
    /* A thread that comes a second time is refused, not stuck. */
    bool made = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK) == 0 &&
                pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
                pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0 &&
                pthread_mutex_init(mutex_of(shared), &attributes) == 0;
    pthread_mutexattr_destroy(&attributes);
    return made;
}

/* ---- tasks ------------------------------------------------------------------------ */

static bool set_task(SpShared *shared, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < SP_SHARED_TASKS; i++) {
        uint32_t expected = from;
        if (__atomic_compare_exchange_n(&shared->tasks[i], &expected, to, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return true;
    }
    return false;
}

static bool has_task(const SpShared *shared, uint32_t process)
{
    for (uint32_t i = 0; i < SP_SHARED_TASKS; i++)
        if (sp_load(&shared->tasks[i]) == process)
            return true;
    return false;
}

/* Vacate the places of processes that are no more. */
static void reap_tasks(SpShared *shared)
{
    for (uint32_t i = 0; i < SP_SHARED_TASKS; i++) {
        uint32_t process = sp_load(&shared->tasks[i]);
        if (process && !sp_os_process_lives(process))
            __atomic_compare_exchange_n(&shared->tasks[i], &process, 0, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE);
    }
}

bool sp_shared_enter_task(SpShared *shared, uint32_t process)
{
    /* It may be there: a process that died had this id. */
    if (has_task(shared, process) || set_task(shared, 0, process))
        return true;
    reap_tasks(shared);
    return set_task(shared, 0, process);
}

void sp_shared_leave_task(SpShared *shared, uint32_t process)
{
    set_task(shared, process, 0);
}

void sp_shared_forked(SpChunk *chunk)
{
    SpAttachment *own = sp_shared_attachment(chunk);
    uint32_t self = sp_os_process_id();
    own->held = 0;
    if (sp_shared_enter_task(chunk->shared, self))
        own->process = self; /* else with the first lock, which then tells */
}

/* ---- the lock ------------------------------------------------------------------------ */

static SpMixed *mixed_of(SpShared *shared, const SpSharedPlan *plan)
{
    return (SpMixed *)(void *)((char *)shared + plan->mixed_at);
}

/* Whether what the engine relies on is as the plan says. */
static bool is_sound(SpShared *shared, const SpSharedPlan *plan)
{
    return shared->magic == SP_SHARED_MAGIC &&
           sp_mixed_is_sound(mixed_of(shared, plan), plan->data_bytes, SPACES_SMALL_NONE);
}

/* The owner died with the lock: make the lists anew. False where there is
 * nothing to make them of. */
static bool recover(SpShared *shared, const SpSharedPlan *plan)
{
    SpMixed *mixed = mixed_of(shared, plan);
    if (!is_sound(shared, plan))
        return false;
    sp_mixed_rebuild(mixed, (char *)shared + plan->data_at);
    shared->recoveries++;
    return pthread_mutex_consistent(mutex_of(shared)) == 0;
}

static bool fail(SpProblem *problem, int code, const char *detail)
{
    problem->code = code;
    problem->detail = detail;
    return false;
}

/* What an attempt to take the lock came to. */
static bool got_lock(int error, SpShared *shared, const SpSharedPlan *plan, SpProblem *problem)
{
    pthread_mutex_t *mutex = mutex_of(shared);
    if (error == EOWNERDEAD) {
        if (recover(shared, plan))
            return true;
        pthread_mutex_unlock(mutex); /* for all and ever: ENOTRECOVERABLE */
        error = ENOTRECOVERABLE;
    }
    if (error == ENOTRECOVERABLE)
        return fail(problem, SPACES_ERR_LOCK,
                    "the shared chunk's lock is lost: a process died with it and left the chunk's "
                    "structures damaged");
    if (error)
        return fail(problem, SPACES_ERR_LOCK, "the shared chunk's lock cannot be taken");
    if (is_sound(shared, plan))
        return true;
    pthread_mutex_unlock(mutex);
    return fail(problem, SPACES_ERR_BAD_CHUNK, "the shared chunk's structures were overwritten");
}

bool sp_shared_lock_bare(SpShared *shared, const SpSharedPlan *plan, SpProblem *problem)
{
    return got_lock(pthread_mutex_lock(mutex_of(shared)), shared, plan, problem);
}

bool sp_shared_is_reachable(SpChunk *chunk)
{
    SpProblem ignored;
    struct timespec until;
    if (!chunk->shared || sp_shared_is_held(chunk))
        return true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PATIENCE_NS;
    if (until.tv_nsec >= NS_PER_SECOND) {
        until.tv_nsec -= NS_PER_SECOND;
        until.tv_sec++;
    }
    int error = pthread_mutex_timedlock(mutex_of(chunk->shared), &until);
    if (error == ETIMEDOUT)
        return false;
    if (got_lock(error, chunk->shared, &sp_shared_attachment(chunk)->plan, &ignored))
        sp_shared_unlock_bare(chunk->shared);
    return true;
}

void sp_shared_unlock_bare(SpShared *shared)
{
    pthread_mutex_unlock(mutex_of(shared));
}

void sp_shared_lock(SpChunk *chunk)
{
    SpAttachment *own = sp_shared_attachment(chunk);
    uint32_t self = sp_os_process_id();
    if (!sp_shared_lock_bare(chunk->shared, &own->plan, &own->trouble))
        return;
    if (sp_unlikely(own->process != self)) {
        if (!sp_shared_enter_task(chunk->shared, self)) {
            sp_shared_unlock_bare(chunk->shared);
            fail(&own->trouble, SPACES_ERR_TOO_MANY_TASKS,
                 "256 processes use the shared chunk already");
            return;
        }
        own->process = self;
    }
    sp_store(&own->held, 1);
}

void sp_shared_unlock(SpChunk *chunk)
{
    SpAttachment *own = sp_shared_attachment(chunk);
    if (!own->held)
        return;
    sp_store(&own->held, 0);
    sp_shared_unlock_bare(chunk->shared);
}

bool sp_shared_is_sound_slow(const SpChunk *chunk)
{
    return is_sound(chunk->shared, &sp_shared_attachment(chunk)->plan);
}

bool sp_shared_is_usable(SpChunk *chunk)
{
    bool locked = sp_heap_lock(&chunk->own);
    bool held = sp_shared_is_held(chunk);
    sp_heap_unlock(&chunk->own, locked);
    return held;
}

/* ---- whose block ------------------------------------------------------------------- */

#define PROCESS_MASK 0xffffffu

uint64_t sp_shared_sequence(SpChunk *chunk)
{
    uint64_t number = sp_add(&chunk->shared->sequence, 1) + 1;
    return SP_SEQUENCE_OF(number, sp_os_process_id() & PROCESS_MASK);
}

bool sp_shared_is_ours(const SpChunk *chunk, const SpRecord *record)
{
    return !chunk->shared ||
           SP_SEQUENCE_UPPER(record->sequence) == (sp_os_process_id() & PROCESS_MASK);
}
