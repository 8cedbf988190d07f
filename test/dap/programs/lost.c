/* A block that nothing leads to any more, one that only a waiting thread's stack holds, and then a
 * crash. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

struct node {
    struct node *next;
    char text[40];
};

static sem_t ready;

__attribute__((noinline)) static struct node *make_node(struct node *next)
{
    struct node *node = calloc(1, sizeof *node); /* @node */
    node->next = next;
    return node;
}

__attribute__((noinline)) static void lose_list(void)
{
    make_node(make_node(NULL));
}

static void *wait_with_block(void *unused)
{
    (void)unused;
    char *volatile only_here = calloc(1, 700); /* @held */
    sem_post(&ready);
    for (;;)
        pause();
    return only_here;
}

__attribute__((noinline)) static int crash(int *volatile nothing)
{
    return *nothing; /* @crash */
}

int main(void)
{
    pthread_t thread;
    sem_init(&ready, 0, 0);
    pthread_create(&thread, NULL, wait_with_block, NULL);
    sem_wait(&ready);
    lose_list();
    free(make_node(NULL)); /* or a register still holds what was lost */
    return crash(NULL);
}
