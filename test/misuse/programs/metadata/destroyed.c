/* expect: metadata at=@at
 * A chunk is used after its end. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
#ifndef CORRECT
    spaces_chunk_destroy(chunk);
#endif
    spaces_chunk_alloc(chunk, 10, 0); /* @at */
#ifdef CORRECT
    spaces_chunk_destroy(chunk);
#endif
    return 0;
}
