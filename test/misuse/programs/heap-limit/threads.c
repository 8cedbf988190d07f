/* expect: heap-limit at=@at
 * A thread takes more than the process may have. */
#include "spaces.h"

#include <pthread.h>
#include <stdlib.h>

static void *worker(void *unused)
{
    (void)unused;
    free(malloc(64 << 20)); /* @at */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    pthread_create(&thread, NULL, worker, NULL);
    pthread_join(thread, NULL);
    return 0;
}
