/* expect: ceiling at=@at
 * A pool is emptied further than its ceiling lets it grow. */
#include "spaces.h"

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(64, 0, 0);
    int count = 100;
    spaces_chunk_set_ceiling(pool, 65536);
#ifndef CORRECT
    count = 100000;
#endif
    for (int i = 0; i < count; i++)
        if (!spaces_chunk_alloc_fixed(pool)) /* @at */
            break;
    spaces_chunk_destroy(pool);
    return 0;
}
