/* Two threads that allocate. */
#include <pthread.h>
#include <stdlib.h>

static void *work(void *argument)
{
    void *block = malloc(64);
    free(block); /* @work */
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
