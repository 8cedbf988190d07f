/* expect: double-free at=@again allocated=@make freed=@first
 * A block of a shared chunk is freed twice. */
#include "spaces.h"

#include <unistd.h>

int main(void)
{
    void *key = (void *)(long)(0x5a000000 | (getpid() & 0xffffff));
    SpacesChunk chunk = spaces_chunk_create_shared(key, 1 << 20, 0);
    void *block = spaces_chunk_alloc(chunk, 64, 0); /* @make */
    spaces_chunk_alloc(chunk, 64, 0);
    spaces_chunk_free(block); /* @first */
#ifndef CORRECT
    spaces_chunk_free(block); /* @again */
#endif
    spaces_chunk_destroy(chunk);
    return 0;
}
