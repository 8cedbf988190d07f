/* expect: underflow at=@free allocated=@make written=@write
 * A record is taken for the one behind its header. */
#include "spaces.h"

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(40, 0, 0);
    short *record = spaces_chunk_alloc_fixed(pool); /* @make */
    short *body = record;
#ifndef CORRECT
    body -= 2;
#endif
    *body = 3;                       /* @write */
    spaces_chunk_free_fixed(record); /* @free */
    spaces_chunk_destroy(pool);
    return 0;
}
