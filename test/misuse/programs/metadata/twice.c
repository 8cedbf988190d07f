/* expect: metadata at=@at
 * A chunk is destroyed twice. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_destroy(chunk);
#ifndef CORRECT
    spaces_chunk_destroy(chunk); /* @at */
#endif
    return 0;
}
