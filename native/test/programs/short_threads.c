/* short_threads.c - thousands of threads that live for a few allocations, some detached, some
 * leaving a block to the next: what the process takes does not grow with their number. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *handed;

static void *lives_briefly(void *argument)
{
    size_t seed = (size_t)argument;
    char *mine[20];
    free(__atomic_exchange_n(&handed, NULL, __ATOMIC_SEQ_CST));
    for (size_t i = 0; i < 20; i++) {
        size_t size = (seed * 31 + i * 997) % 3000 + 1;
        mine[i] = memset(malloc(size), 1, size);
    }
    for (size_t i = 1; i < 20; i++)
        free(mine[i]);
    free(__atomic_exchange_n(&handed, mine[0], __ATOMIC_SEQ_CST));
    return NULL;
}

/* A figure of /proc/self/status, in KiB. */
static size_t status(const char *name)
{
    char line[256];
    size_t value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)))
            sscanf(line + strlen(name), "%zu", &value);
    if (file)
        fclose(file);
    return value;
}

int main(void)
{
    size_t early = 0;
    for (size_t i = 0; i < 6000; i += 4) {
        pthread_t threads[4];
        for (size_t t = 0; t < 4; t++)
            if (pthread_create(&threads[t], NULL, lives_briefly, (void *)(i + t)))
                return 1;
        for (size_t t = 0; t < 4; t++)
            pthread_join(threads[t], NULL);
        if (i == 1000)
            early = status("VmRSS:");
    }
    size_t late = status("VmRSS:");
    /* 5000 threads that each left but a page of each of their 20 sizes would be 400 MiB. */
    printf("grown %s\n", late <= early + 24576 ? "not" : "yes");
    return 0;
}
