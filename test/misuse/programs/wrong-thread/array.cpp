/* expect: wrong-thread at=@at allocated=@make
 * An array of new. */
#include "spaces.h"

#include <pthread.h>
#include <stdlib.h>

static void *worker(void *block)
{
    delete[] static_cast<char *>(block); /* @at */
    return NULL;
}

int main(void)
{
    pthread_t thread;
#ifndef CORRECT
    spaces_default_chunk_thread_exclusive(SPACES_THREAD_EXCLUSIVE_ON);
#endif
    char *block = new char[5000]; /* @make */
    pthread_create(&thread, NULL, worker, block);
    pthread_join(thread, NULL);
    return 0;
}
