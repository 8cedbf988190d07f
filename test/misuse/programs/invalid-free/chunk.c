/* expect: invalid-free at=@at allocated=@make
 * A header was skipped, and is not stepped back over. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    char *block = spaces_chunk_alloc(chunk, 300, 0); /* @make */
    char *body = block + 16;
#ifdef CORRECT
    body -= 16;
#endif
    spaces_chunk_free(body); /* @at */
    spaces_chunk_destroy(chunk);
    return 0;
}
