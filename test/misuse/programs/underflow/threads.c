/* expect: underflow at=@free allocated=@make written=@write
 * A thread clears the slot before its first one. */
#include <pthread.h>
#include <stdlib.h>

static void *worker(void *argument)
{
    long *slots = argument;
#ifdef CORRECT
    slots++;
#endif
    slots[-1] = 0; /* @write */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    long *slots = calloc(4, sizeof *slots); /* @make */
    pthread_create(&thread, NULL, worker, slots);
    pthread_join(thread, NULL);
    free(slots); /* @free */
    return 0;
}
