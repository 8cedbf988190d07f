/* expect: wrong-thread at=@at allocated=@make
 * An aligned one. */
#include "spaces.h"

#include <pthread.h>
#include <stdlib.h>

static void *worker(void *block)
{
    free(block); /* @at */
    return NULL;
}

int main(void)
{
    pthread_t thread;
#ifndef CORRECT
    spaces_default_chunk_thread_exclusive(SPACES_THREAD_EXCLUSIVE_ON);
#endif
    void *block = aligned_alloc(256, 512); /* @make */
    pthread_create(&thread, NULL, worker, block);
    pthread_join(thread, NULL);
    return 0;
}
