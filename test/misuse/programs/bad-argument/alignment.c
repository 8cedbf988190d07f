/* expect: bad-argument at=@at
 * An alignment that is no power of two. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifdef CORRECT
    spaces_chunk_alloc_aligned(chunk, 100, 32, 0);
#else
    spaces_chunk_alloc_aligned(chunk, 100, 24, 0); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
