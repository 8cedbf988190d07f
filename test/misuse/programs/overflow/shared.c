/* expect: overflow at=@write allocated=@make written=@write
 * A name in a shared chunk is too long. */
#include "spaces.h"

#include <string.h>
#include <unistd.h>

int main(void)
{
    void *key = (void *)(long)(0x5b000000 | (getpid() & 0xffffff));
    SpacesChunk chunk = spaces_chunk_create_shared(key, 1 << 20, 0);
    char *name = spaces_chunk_alloc(chunk, 16, 0); /* @make */
#ifdef CORRECT
    strncpy(name, "sixteen letters!", 16);
#else
    strcpy(name, "sixteen letters!"); /* @write */
#endif
    spaces_chunk_free(name);
    spaces_chunk_destroy(chunk);
    return 0;
}
