/* expect: heap-limit at=@at
 * A chunk's block exceeds it. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_alloc(chunk, 50 << 20, 0); /* @at */
    spaces_chunk_destroy(chunk);
    return 0;
}
