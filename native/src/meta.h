/* meta.h - memory for the allocator's own structures, apart from what programs
 * get, so that no overflow of theirs reaches it. Power-of-two pieces from 64
 * bytes, recycled by size, never given back. */
#ifndef SPACES_META_H
#define SPACES_META_H

#include "base.h"

/* Zeroed memory, aligned to 64; NULL if the system refuses. Thread-safe. */
SP_HIDDEN void *sp_meta_alloc(size_t bytes);
/* `bytes` as it was asked for. */
SP_HIDDEN void sp_meta_free(void *piece, size_t bytes);
/* Whether an address, any number at all, lies in memory of ours. */
SP_HIDDEN bool sp_meta_owns(const void *address);
SP_HIDDEN void sp_meta_fork(bool child);
SP_HIDDEN void sp_meta_fork_lock(void);

#endif
