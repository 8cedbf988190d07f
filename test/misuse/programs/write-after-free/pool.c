/* expect: write-after-free allocated=@make freed=@free written=@write
 * A record is marked after it went back to its pool. */
#include "spaces.h"

#include <string.h>

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(64, 10, 0);
    char *record = spaces_chunk_alloc_fixed(pool); /* @make */
    strcpy(record, "open");
    spaces_chunk_free_fixed(record); /* @free */
#ifndef CORRECT
    record[5] = 's'; /* @write */
#endif
    spaces_chunk_destroy(pool);
    return 0;
}
