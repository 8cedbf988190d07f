/* expect: bad-argument at=@at
 * A chunk is unlocked that is not locked. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
#ifdef CORRECT
    spaces_chunk_lock(chunk);
#endif
#ifdef CORRECT
    spaces_chunk_unlock(chunk);
#else
    spaces_chunk_unlock(chunk); /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
