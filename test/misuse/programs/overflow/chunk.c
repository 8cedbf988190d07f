/* expect: overflow at=@write allocated=@make written=@write
 * A message in a chunk is longer than its length says. */
#include "spaces.h"

#include <string.h>

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    char *message = spaces_chunk_alloc(chunk, 33, 0); /* @make */
#ifdef CORRECT
    memset(message, 'm', 33);
#else
    memset(message, 'm', 36); /* @write */
#endif
    spaces_chunk_free(message);
    spaces_chunk_destroy(chunk);
    return 0;
}
