/* access.h - telling an access that leaves its block or goes to a freed one, known before
 * it happens: by a checked libc call (calls.h) or by a guard page (guard.h). Debug build. */
#ifndef SPACES_ACCESS_H
#define SPACES_ACCESS_H

#include "block.h"
#include "error.h"

typedef struct SpAccessed {
    const void *address; /* first byte; lies in the block's slab */
    uint64_t size;
    SpAccess access;
    const char *function;  /* of libc, or NULL */
    const SpCaller *fault; /* the instruction, or NULL: the library's caller */
} SpAccessed;

/* Whether all of it lies in a live block. */
static inline bool sp_access_is_good(const SpBlockPlace *place, const SpAccessed *accessed)
{
    uint64_t offset = (uint64_t)((const char *)accessed->address - place->pointer);
    return place->state == SP_RECORD_LIVE && offset < place->size &&
           accessed->size <= place->size - offset;
}

/* Raise what is wrong: of a call once a block, kind and place in the program, of a fault once a
 * block and kind. What it damages is not told
 * again when the block is freed or checked. */
SP_HIDDEN void sp_access_raise(const SpBlockPlace *place, const SpAccessed *accessed);

#endif
