/* expect: mismatched-free at=@at allocated=@make
 * A block of a chunk is deleted. */
#include "spaces.h"

int main()
{
    SpacesChunk chunk = spaces_chunk_create(0);
    long *total = static_cast<long *>(spaces_chunk_alloc(chunk, sizeof(long), 0)); /* @make */
#ifdef CORRECT
    spaces_chunk_free(total);
#else
    delete total; /* @at */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
