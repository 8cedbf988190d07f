/* expect: bad-argument at=@at
 * A block of no bytes. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifdef CORRECT
    spaces_chunk_alloc(chunk, 1, 0);
#else
    spaces_chunk_alloc(chunk, 0, 0); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
