/* malloc.h - malloc and free as one inline compare-and-pop, for malloc.c and
 * the other families that do the same under other names. */
#ifndef SPACES_MALLOC_H
#define SPACES_MALLOC_H

#include "base.h"
#include "classes.h"
#include "heap.h"

SP_HIDDEN SP_NOINLINE void *sp_malloc_slow(size_t size, uint8_t family, const char *function);
SP_HIDDEN SP_NOINLINE void sp_free_slow(void *pointer, uint8_t family, const char *function);
/* memalign: EINVAL where alignment is no power of two. */
SP_HIDDEN void *sp_aligned(size_t alignment, size_t size, uint8_t family, const char *function);

/* A block from the slab that serves the size to this thread, or NULL. */
static inline void *sp_malloc_quick(size_t size)
{
    return !SP_DEBUG && sp_likely(size - 1 < SP_DIRECT_MAX)
               ? sp_slab_pop_direct(sp_thread_direct[(size - 1) / 8])
               : NULL;
}

static inline void *sp_malloc(size_t size, uint8_t family, const char *function)
{
    void *block = sp_malloc_quick(size);
    return sp_likely(block != NULL) ? block : sp_malloc_slow(size, family, function);
}

static inline void sp_free(void *pointer, uint8_t family, const char *function)
{
    if (!SP_DEBUG) {
        SpSlab *slab = sp_slab_guess(pointer);
        if (sp_likely(sp_load_folded(&slab->fast_owner) == sp_fast_owner(pointer, sp_thread_heap) &&
                      !sp_slab_looks_free(slab, pointer))) {
            sp_store_folded(sp_link_at(pointer), slab->free ^ sp_slab_key(slab));
            /* A slab is aligned to its links' range. */
            sp_store_folded(&slab->free, (uint16_t)(uintptr_t)pointer);
            sp_store_folded(&slab->used, slab->used - 1);
            if (sp_unlikely(slab->used == 0))
                sp_heap_free_last(slab);
            return;
        }
    }
    sp_free_slow(pointer, family, function);
}

#endif
