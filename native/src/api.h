/* api.h - what the files of public functions share. */
#ifndef SPACES_API_INTERNAL_H
#define SPACES_API_INTERNAL_H

#include "chunk.h"
#include "error.h"

/* Flags that allocation takes; resizing takes SPACES_FLAG_RESIZE_IN_PLACE too. */
#define SP_ALLOC_FLAGS                                                                             \
    (SPACES_FLAG_ZERO_INIT | SPACES_FLAG_MOVEABLE | SPACES_FLAG_RESIZEABLE | SPACES_FLAG_NO_GROW | \
     SPACES_FLAG_NO_EXTERNAL | SPACES_FLAG_NO_COMPACT | SPACES_FLAG_NO_SERIALIZE)
#define SP_REALLOC_FLAGS (SP_ALLOC_FLAGS | SPACES_FLAG_RESIZE_IN_PLACE)

/* Raise a refused call; always NULL. */
SP_HIDDEN void *sp_refuse(const char *function, SpChunk *chunk, SpacesErrorCode code,
                          const char *detail, size_t size, unsigned flags);

/* The chunk that a caller names; raises SPACES_ERR_BAD_CHUNK and gives NULL for no chunk. */
SP_HIDDEN SpChunk *sp_chunk_arg(const char *function, SpacesChunk handle);

#endif
