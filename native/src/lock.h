/* lock.h - a four-byte mutex on a futex, after U. Drepper's third mutex in
 * "Futexes Are Tricky": 0 free, 1 taken, 2 taken and somebody waits. Allocates
 * nothing, may be re-initialised to 0 in the child of a fork.
 *
 * Order, outermost first: attachments of shared segments, chunk lock, heap lock,
 * a segment's lock (shared.h), large lock, map of areas, pool, metadata.
 * The quarantine's lock is taken with none of these held. */
#ifndef SPACES_LOCK_H
#define SPACES_LOCK_H

#include "os.h"

SP_HIDDEN void sp_lock_slow(uint32_t *lock);

static inline void sp_lock(uint32_t *lock)
{
    uint32_t expected = 0;
    if (!__atomic_compare_exchange_n(lock, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        sp_lock_slow(lock);
}

static inline bool sp_try_lock(uint32_t *lock)
{
    uint32_t expected = 0;
    return __atomic_compare_exchange_n(lock, &expected, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void sp_unlock(uint32_t *lock)
{
    if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
        sp_os_wake(lock, 1);
}

/* Lock where there is anybody else; whether it did. The caller starts no thread meanwhile. */
static inline bool sp_lock_unless_alone(uint32_t *lock)
{
    if (sp_os_is_alone())
        return false;
    sp_lock(lock);
    return true;
}

/* Add to a counter that other threads add to; what it was. Without a locked instruction where there
 * are none. */
#define sp_count(p, v) (sp_os_is_alone() ? sp_count_alone((p), (v)) : sp_add((p), (v)))
#define sp_count_alone(p, v)                \
    __extension__({                         \
        __typeof__(*(p)) was_ = sp_load(p); \
        sp_store((p), was_ + (v));          \
        was_;                               \
    })

#endif
