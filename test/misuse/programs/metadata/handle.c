/* expect: metadata at=@at
 * A pointer to something else is taken for a chunk. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    void *block = calloc(1, 4096);
    SpacesChunk handle = block;
#ifdef CORRECT
    handle = chunk;
#endif
    spaces_chunk_set_ceiling(handle, 1 << 20); /* @at */
    free(block);
    spaces_chunk_destroy(chunk);
    return 0;
}
