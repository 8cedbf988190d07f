/* expect: write-after-free allocated=@make freed=@free written=@write
 * A thread writes its result to where nobody waits any more. */
#include <pthread.h>
#include <stdlib.h>

static pthread_barrier_t barrier;

static void *worker(void *result)
{
    pthread_barrier_wait(&barrier);
    *(long *)result = 42; /* @write */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    long *result = malloc(sizeof *result); /* @make */
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, worker, result);
#ifndef CORRECT
    free(result); /* @free */
#endif
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
#ifdef CORRECT
    free(result);
#endif
    return 0;
}
