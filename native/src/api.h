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

/* Raise a refused call, its kind being the code's; always NULL. */
SP_HIDDEN SP_COLD void *sp_refuse_call(const SpError *error);
/* The same for a call that was given a chunk, a size and flags. */
SP_HIDDEN SP_COLD void *sp_refuse(const char *function, SpChunk *chunk, SpacesErrorCode code,
                                  const char *detail, size_t size, unsigned flags);
/* The same for a call with a handle, args->arg_chunk, that is no chunk's: tells a damaged header
 * from a chunk that never was or is gone. */
SP_HIDDEN SP_COLD void *sp_refuse_handle(const SpError *args);

/* The chunk that a caller names; raises SPACES_ERR_BAD_CHUNK and gives NULL for no chunk. */
SP_HIDDEN SpChunk *sp_chunk_arg(const char *function, SpacesChunk handle);
/* The same for a call that sets a value. */
SP_HIDDEN SpChunk *sp_chunk_arg_value(const char *function, SpacesChunk handle, size_t value);

#endif
