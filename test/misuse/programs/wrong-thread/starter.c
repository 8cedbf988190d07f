/* expect: wrong-thread at=@at allocated=@make
 * The starter frees what the thread allocated for itself. */
#include "spaces.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_barrier_t barrier;

static void *worker(void *slot)
{
#ifndef CORRECT
    spaces_default_chunk_thread_exclusive(SPACES_THREAD_EXCLUSIVE_ON);
#endif
    *(void **)slot = malloc(100); /* @make */
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *block = NULL;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, worker, &block);
    pthread_barrier_wait(&barrier);
    free(block); /* @at */
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return 0;
}
