/* threads.c - what threads lose, and what a waiting thread holds on its stack and in its own
 * variables. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t ready;
static __thread void *own;

__attribute__((noinline)) static void *make(size_t size)
{
    return calloc(1, size);
}

__attribute__((noinline)) static void lose(size_t size)
{
    void **block = make(size);
    *block = make(size / 2);
}

static void *loses(void *unused)
{
    (void)unused;
    own = make(1000); /* the variable ends with the thread */
    lose(200);
    return NULL;
}

static void *waits(void *unused)
{
    void *volatile on_stack = make(300);
    own = make(400);
    lose(500);
    pthread_barrier_wait(&ready);
    for (;;)
        pause();
    return on_stack ? unused : NULL;
}

int main(void)
{
    pthread_t thread;
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, loses, NULL);
        pthread_join(thread, NULL);
    }
    pthread_barrier_init(&ready, NULL, 3);
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread, NULL, waits, NULL);
        pthread_detach(thread);
    }
    pthread_barrier_wait(&ready);
    usleep(50000); /* both have left the barrier */
    return 0;
}
