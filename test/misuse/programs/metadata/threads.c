/* expect: metadata at=@at
 * A thread uses a chunk that its starter has destroyed. */
#include "spaces.h"

#include <pthread.h>

static void *worker(void *chunk)
{
    spaces_chunk_count(chunk); /* @at */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    spaces_init_default_chunk();
    SpacesChunk chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
#ifndef CORRECT
    spaces_chunk_destroy(chunk);
#endif
    pthread_create(&thread, NULL, worker, chunk);
    pthread_join(thread, NULL);
#ifdef CORRECT
    spaces_chunk_destroy(chunk);
#endif
    return 0;
}
