/* expect: invalid-free at=@at allocated=@make
 * A thread frees its slice of a buffer. */
#include <pthread.h>
#include <stdlib.h>

static void *worker(void *slice)
{
    free(slice); /* @at */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    char *buffer = malloc(4096); /* @make */
#ifdef CORRECT
    pthread_create(&thread, NULL, worker, buffer);
#else
    pthread_create(&thread, NULL, worker, buffer + 1024);
#endif
    pthread_join(thread, NULL);
    return 0;
}
