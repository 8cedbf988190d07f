/* inspect.h - the walker turned on ourselves: the same decoding that a reader
 * does from outside, over our own memory. */
#ifndef SPACES_INSPECT_H
#define SPACES_INSPECT_H

#include "../include/spaces.h"
#include "error.h"
#include "walker.h"

/* Memory of this process that is ours; reads elsewhere fail. */
SP_HIDDEN SpMemory *sp_own_memory(void);
/* Check one block of the debug build; true and *damage where it is damaged. */
SP_HIDDEN bool sp_inspect_block(const SpSlab *slab, uint32_t index, SpDamage *damage);
/* Raise damage of a block, or of a structure, of a chunk (NULL: not known). */
SP_HIDDEN void sp_inspect_raise(SpChunk *chunk, const SpDamage *damage, const char *function,
                                bool by_check);
/* Whether the same was told of a block lately; from now on it was. `what`: an SP_DAMAGE_*, or any
 * number that is none of them. */
SP_HIDDEN bool sp_inspect_told(const void *block, uint64_t sequence, uint64_t what);
/* Check all blocks of a chunk and raise what is found; how many are damaged. */
SP_HIDDEN uint64_t sp_inspect_chunk(SpChunk *chunk, const char *function);
/* The same for every chunk. */
SP_HIDDEN uint64_t sp_inspect_all(const char *function);

#endif
