/* expect: double-free at=@again allocated=@make freed=@first
 * A thread frees what its starter frees too. */
#include <pthread.h>
#include <stdlib.h>

static void *worker(void *block)
{
    free(block); /* @first */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *block = malloc(200); /* @make */
    pthread_create(&thread, NULL, worker, block);
    pthread_join(thread, NULL);
#ifndef CORRECT
    free(block); /* @again */
#endif
    return 0;
}
