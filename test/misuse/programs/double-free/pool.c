/* expect: double-free at=@again allocated=@make freed=@first
 * A block of a pool goes back while it is in it. */
#include "spaces.h"

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(48, 100, 0);
    void *blocks[10];
    for (int i = 0; i < 10; i++)
        blocks[i] = spaces_chunk_alloc_fixed(pool); /* @make */
    for (int i = 0; i < 10; i++)
        spaces_chunk_free_fixed(blocks[i]); /* @first */
#ifndef CORRECT
    spaces_chunk_free_fixed(blocks[4]); /* @again */
#endif
    spaces_chunk_destroy(pool);
    return 0;
}
