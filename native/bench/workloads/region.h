/*
 * region.h - the region functions of Spaces, where the preloaded allocator has
 * them. The same program then runs under allocators that have none.
 */
#ifndef SPACES_BENCH_REGION_H
#define SPACES_BENCH_REGION_H

#include "../../include/spaces.h"

#include <stdbool.h>

typedef struct RegionFunctions {
    SpacesChunk (*create)(unsigned flags);
    SpacesChunk (*create_fixed)(unsigned short block_size, size_t count, unsigned flags);
    void *(*alloc)(SpacesChunk chunk, size_t size, unsigned flags);
    void *(*alloc_fixed)(SpacesChunk chunk);
    int (*free)(void *block);
    int (*free_fixed)(void *block);
    size_t (*size)(SpacesChunk chunk);
    int (*destroy)(SpacesChunk chunk);
} RegionFunctions;

/** Find them; false where the allocator in use is not Spaces. */
bool region_functions(RegionFunctions *functions);

#endif
