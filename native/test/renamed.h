/* renamed.h - included before stress.c: its malloc calls become spaces_* calls, where
 * malloc itself is the sanitizer's. */
#ifndef SPACES_TEST_RENAMED_H
#define SPACES_TEST_RENAMED_H

#include <malloc.h>
#include <stdlib.h>

#include "../include/spaces.h"

static inline int renamed_posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = spaces_memalign(alignment, size);
    return *out == NULL;
}

#define malloc(size)                         spaces_malloc(size)
#define calloc(count, size)                  spaces_calloc(count, size)
#define realloc(block, size)                 spaces_realloc(block, size)
#define free(block)                          spaces_free(block)
#define malloc_usable_size(block)            spaces_usable_size(block)
#define posix_memalign(out, alignment, size) renamed_posix_memalign(out, alignment, size)

#endif
