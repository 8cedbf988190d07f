/* expect: ceiling at=@at
 * A block grows past the ceiling. */
#include "spaces.h"

int main(void)
{
    size_t room = 200000;
#ifdef CORRECT
    room *= 1000;
#endif
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_set_ceiling(chunk, room);
    void *block = spaces_chunk_alloc(chunk, 1000, 0);
    spaces_chunk_realloc(block, 500000, 0); /* @at */
    spaces_chunk_destroy(chunk);
    return 0;
}
