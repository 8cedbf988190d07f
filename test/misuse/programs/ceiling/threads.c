/* expect: ceiling at=@at
 * A thread takes more than the chunk it was given holds. */
#include "spaces.h"

#include <pthread.h>

static void *worker(void *chunk)
{
    return spaces_chunk_alloc(chunk, 400000, 0); /* @at */
}

int main(void)
{
    pthread_t thread;
    SpacesChunk chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
#ifndef CORRECT
    spaces_chunk_set_ceiling(chunk, 100000);
#endif
    pthread_create(&thread, NULL, worker, chunk);
    pthread_join(thread, NULL);
    spaces_chunk_destroy(chunk);
    return 0;
}
