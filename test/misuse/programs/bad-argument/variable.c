/* expect: bad-argument at=@at
 * A block of any size goes back by the call for fixed ones. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    void *block = spaces_chunk_alloc(chunk, 40, 0);
#ifdef CORRECT
    spaces_chunk_free(block);
#else
    spaces_chunk_free_fixed(block); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
