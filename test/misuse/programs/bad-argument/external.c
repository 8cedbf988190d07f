/* expect: bad-argument at=@at
 * A large block where only small ones are allowed. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifdef CORRECT
    spaces_chunk_alloc(chunk, 1000, SPACES_FLAG_NO_EXTERNAL);
#else
    spaces_chunk_alloc(chunk, 1000000, SPACES_FLAG_NO_EXTERNAL); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
