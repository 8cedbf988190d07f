/* base.h - the few words every file of the allocator speaks: attributes,
 * atomics, arithmetic, and the visibility of what is not public. */
#ifndef SPACES_BASE_H
#define SPACES_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#ifdef SPACES_DEBUG
#define SP_DEBUG 1
#else
#define SP_DEBUG 0
#endif

/* Whether a freed block's link carries its slab's key. Without it the fast build notices neither
 * a double free nor a write to a freed block: only the benchmark builds that, to tell its price. */
#ifdef SPACES_UNCHECKED
#define SP_CHECKED 0
#else
#define SP_CHECKED 1
#endif

#define SP_HIDDEN      __attribute__((visibility("hidden")))
#define SP_EXPORT      __attribute__((visibility("default")))
#define SP_NOINLINE    __attribute__((noinline))
#define SP_COLD        __attribute__((noinline, cold))
#define SP_TLS         __thread __attribute__((tls_model("initial-exec")))
#define sp_likely(x)   __builtin_expect(!!(x), 1)
#define sp_unlikely(x) __builtin_expect(!!(x), 0)

#define sp_load(p) __atomic_load_n((p), __ATOMIC_RELAXED)
/* A relaxed load or store that the compiler may fold into the instruction that uses it. The word
 * is aligned, so that the processor reads and writes it whole. */
#ifdef __SANITIZE_THREAD__
#define sp_load_folded(p)     sp_load(p)
#define sp_store_folded(p, v) sp_store(p, v)
#else
#define sp_load_folded(p)     (*(p))
#define sp_store_folded(p, v) (*(p) = (v))
#endif
#define sp_load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define sp_store(p, v)         __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define sp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define sp_add(p, v)           __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define sp_sub(p, v)           __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)
#define sp_exchange(p, v)      __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define sp_cas(p, expected, v) \
    __atomic_compare_exchange_n((p), (expected), (v), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* Raise an atomic maximum to at least `value`. */
static inline void sp_raise(uint64_t *max, uint64_t value)
{
    uint64_t old = sp_load(max);
    while (old < value && !sp_cas(max, &old, value)) {
    }
}

/* Round up to a power of two multiple. */
static inline uint64_t sp_round_up(uint64_t value, uint64_t multiple)
{
    return (value + multiple - 1) & ~(multiple - 1);
}

static inline bool sp_is_power_of_two(uint64_t value)
{
    return value && !(value & (value - 1));
}

/* Index of the highest set bit; value is not 0. */
static inline unsigned sp_log2(uint64_t value)
{
    return 63u - (unsigned)__builtin_clzll(value);
}

/* A well-mixed function of x (the finaliser of splitmix64, by S. Vigna). */
static inline uint64_t sp_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
