/* expect: bad-argument at=@at
 * Flags that the call does not take. */
#include "spaces.h"

int main()
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifdef CORRECT
    spaces_chunk_alloc(chunk, 10, SPACES_FLAG_ZERO_INIT);
#else
    spaces_chunk_alloc(chunk, 10, 0x40000000u); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
