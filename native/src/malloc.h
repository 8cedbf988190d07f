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

static inline void *sp_malloc(size_t size, uint8_t family, const char *function)
{
    if (!SP_DEBUG && sp_likely(size <= SP_SMALL_MAX)) {
        void *block = sp_slab_pop_small(sp_thread_heap->bins[sp_malloc_bin[(size + 7) / 8]]);
        if (sp_likely(block != NULL))
            return block;
    }
    return sp_malloc_slow(size, family, function);
}

static inline void sp_free(void *pointer, uint8_t family, const char *function)
{
    if (!SP_DEBUG &&
        sp_likely((uintptr_t)pointer >> SP_ADDRESS_BITS == 0 &&
                  sp_segment_map[(uintptr_t)pointer >> SP_SEGMENT_SHIFT] == SP_MAP_SEGMENT)) {
        SpSlab *slab = sp_slab_of(pointer);
        if (sp_likely(sp_load(&slab->fast_owner) == sp_thread_heap)) {
            uint32_t link = *sp_link_at(pointer) ^ slab->key;
            if (sp_likely(!sp_link_plausible(link))) {
                *sp_link_at(pointer) = slab->free ^ slab->key;
                slab->free =
                    (uint16_t)(uintptr_t)pointer; /* a slab is aligned to its links' range */
                if (sp_unlikely(--slab->used == 0))
                    sp_heap_free_last(slab);
                return;
            }
        }
    }
    sp_free_slow(pointer, family, function);
}

#endif
