/* Another thread frees what is no block. */
#include <pthread.h>
#include <stdlib.h>

static void *work(void *argument)
{
    free((char *)argument + 8); /* @bad */
    return NULL;
}

int main(void)
{
    char *block = malloc(64);
    pthread_t thread;
    pthread_create(&thread, NULL, work, block);
    pthread_join(thread, NULL);
    free(block);
    return 0;
}
