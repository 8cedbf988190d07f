/* expect: double-free at=@again allocated=@make freed=@first
 * A block of a chunk is given back twice. */
#include "spaces.h"

#include <stdio.h>

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    void *block = spaces_chunk_alloc(chunk, 100, 0); /* @make */
    spaces_chunk_free(block);                        /* @first */
#ifndef CORRECT
    spaces_chunk_free(block); /* @again */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
