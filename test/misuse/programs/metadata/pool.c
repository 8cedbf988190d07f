/* expect: metadata at=@at
 * A pool is used after its end. */
#include "spaces.h"

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(24, 4, 0);
#ifdef CORRECT
    spaces_chunk_alloc_fixed(pool);
#endif
    spaces_chunk_destroy(pool);
#ifndef CORRECT
    spaces_chunk_alloc_fixed(pool); /* @at */
#endif
    return 0;
}
