/* expect: bad-argument at=@at
 * A fixed-size block of a chunk without a fixed size. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifdef CORRECT
    spaces_chunk_alloc(chunk, 8, 0);
#else
    spaces_chunk_alloc_fixed(chunk); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
