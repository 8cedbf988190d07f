/* threads.c - threads that keep blocks, free each other's, some of which are still on their way
 * (fast build), and one that ends leaving blocks behind. */
#include <pthread.h>
#include <sys/syscall.h>

#include "tell.h"

#define THREADS 4
#define COUNT   500

static void *kept[THREADS][COUNT], *given[THREADS][COUNT], *left[COUNT];
static size_t ids[THREADS];
static pthread_barrier_t made, freed, told;

static void *work(void *argument)
{
    size_t me = (size_t)argument;
    ids[me] = (size_t)syscall(SYS_gettid);
    for (size_t i = 0; i < COUNT; i++) {
        kept[me][i] = malloc(16 + i % 300);
        given[me][i] = malloc(16 + i % 300);
    }
    pthread_barrier_wait(&made);
    for (size_t i = 0; i < COUNT; i++)
        free(given[(me + 1) % THREADS][i]);
    pthread_barrier_wait(&freed);
    pthread_barrier_wait(&told);
    return NULL;
}

static void *leave(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT; i++)
        left[i] = malloc(700);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS], leaver;
    pthread_barrier_init(&made, NULL, THREADS);
    pthread_barrier_init(&freed, NULL, THREADS + 1);
    pthread_barrier_init(&told, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    pthread_barrier_wait(&freed);
    pthread_create(&leaver, NULL, leave, NULL);
    pthread_join(leaver, NULL);
    tell_root();
    tell_pointers("live", kept[0], THREADS * COUNT);
    tell_pointers("freed", given[0], THREADS * COUNT);
    tell_pointers("left", left, COUNT);
    tell_numbers("ids", ids, THREADS);
    tell_and_wait();
    pthread_barrier_wait(&told);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
