/*
 * region.c - finds the region functions; see region.h.
 */
#define _GNU_SOURCE
#include "region.h"

#include "bench.h"

#include <dlfcn.h>

/* POSIX lets dlsym's result be a function; ISO C has no cast for it. */
static void find(void *function, const char *name)
{
    *(void **)function = dlsym(RTLD_DEFAULT, name);
    if (*(void **)function == NULL)
        bench_fail("the preloaded library has regions, but no %s", name);
}

bool region_functions(RegionFunctions *functions)
{
    if (dlsym(RTLD_DEFAULT, "spaces_chunk_create") == NULL)
        return false;
    find(&functions->create, "spaces_chunk_create");
    find(&functions->create_fixed, "spaces_chunk_create_fixed");
    find(&functions->alloc, "spaces_chunk_alloc");
    find(&functions->alloc_fixed, "spaces_chunk_alloc_fixed");
    find(&functions->free, "spaces_chunk_free");
    find(&functions->size, "spaces_chunk_size");
    find(&functions->free_fixed, "spaces_chunk_free_fixed");
    find(&functions->destroy, "spaces_chunk_destroy");
    return true;
}
