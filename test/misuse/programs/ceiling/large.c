/* expect: ceiling at=@at
 * One block exceeds the chunk's ceiling. */
#include "spaces.h"

int main(void)
{
    size_t room = 200000;
#ifdef CORRECT
    room *= 1000;
#endif
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_set_ceiling(chunk, room);
    spaces_chunk_alloc(chunk, 1000000, 0); /* @at */
    spaces_chunk_destroy(chunk);
    return 0;
}
