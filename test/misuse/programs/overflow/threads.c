/* expect: overflow at=@free allocated=@make written=@write
 * The last of four threads writes past its share. */
#include <pthread.h>
#include <stdlib.h>

struct Share {
    char *from;
    int count;
};

static void *worker(void *argument)
{
    struct Share *share = argument;
    for (int i = 0; i < share->count; i++)
        share->from[i] = 1; /* @write */
    return NULL;
}

int main(void)
{
    char *flags = malloc(100); /* @make */
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        struct Share share = {flags + 25 * i, 25};
#ifndef CORRECT
        if (i == 3)
            share.count = 26;
#endif
        pthread_create(&thread, NULL, worker, &share);
        pthread_join(thread, NULL);
    }
    free(flags); /* @free */
    return 0;
}
