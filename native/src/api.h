/* api.h - what the files of public functions share. */
#ifndef SPACES_API_INTERNAL_H
#define SPACES_API_INTERNAL_H

#include "chunk.h"
#include "error.h"

/* The chunk that a caller names; raises SPACES_ERR_BAD_CHUNK and gives NULL for no chunk. */
SP_HIDDEN SpChunk *sp_chunk_arg(const char *function, SpacesChunk handle);

#endif
