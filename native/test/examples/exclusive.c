#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include "spaces.h"
static void *worker(void *arg)
{
int id = (int)(long)arg;
/* This thread will free everything it allocates. */
spaces_default_chunk_thread_exclusive(
SPACES_THREAD_EXCLUSIVE_ON | SPACES_FREE_ON_THREAD_TERM);
for (int i = 0; i < 10000; i++) {
void *p = malloc(64 + (i & 0xFF));
*(volatile char *)p = (char)i;
free(p);
}
printf("thread %d done\n", id);
return NULL;
}
int main(void)
{
spaces_init();
pthread_t t[4];
for (int i = 0; i < 4; i++)
pthread_create(&t[i], NULL, worker, (void *)(long)i);
for (int i = 0; i < 4; i++)
pthread_join(t[i], NULL);
spaces_shutdown();
return 0;
}
