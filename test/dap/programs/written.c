/* Damage whose write is to be found, one way each; the argument names it. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *volatile kept;

static char *make(size_t size)
{
    return malloc(size); /* @allocate */
}

static void store(char *block, long at, char value)
{
    block[at] = value; /* @store */
}

static void loop_writes_the_damage(void)
{
    char *blocks[50];
    for (int i = 0; i < 50; i++)
        blocks[i] = make(60);
    for (int i = 0; i < 50; i++)
        for (int at = 0; at < 60 + (i == 37); at++)
            store(blocks[i], at, 'A');
    for (int i = 0; i < 50; i++)
        free(blocks[i]); /* @found */
}

static void library_writes(void)
{
    char *block = make(20);
    memset(block, 'B', 20 + strlen("12")); /* @library */
    free(block);
}

static void before_its_start(void)
{
    char *block = make(24);
    store(block, -3, 'C');
    free(block);
}

static void after_free(void)
{
    char *block = make(100);
    store(block, 50, 'd'); /* allowed */
    free(block);
    store(block, 50, 'D');
}

static void never_freed(void)
{
    kept = make(33);
    store(kept, 33, 'E');
    kept = NULL;
}

static void kernel_writes(void)
{
    char *block = make(16);
    int zeros = open("/dev/zero", O_RDONLY);
    if (read(zeros, block, 17) != 17) /* @kernel */
        abort();
    close(zeros);
    free(block);
}

static void *racing(void *bad)
{
    char *block = make(40);
    usleep((unsigned)(rand() % 100));
    if (bad)
        store(block, 40, 'F');
    free(block);
    return NULL;
}

static void threads_race(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, racing, i == 2 ? "bad" : NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

/* Only where the file is not there yet. */
static void once(const char *file)
{
    char *block = make(10);
    if (access(file, F_OK)) {
        close(open(file, O_CREAT | O_WRONLY, 0600));
        store(block, 10, 'G');
    }
    free(block);
}

/* The damaged allocation is made only where the file is not there yet. */
static void absent(const char *file)
{
    if (!access(file, F_OK))
        return;
    close(open(file, O_CREAT | O_WRONLY, 0600));
    char *block = make(10);
    store(block, 10, 'H');
    free(block);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    printf("start\n");
    fflush(stdout);
    if (!strcmp(way, "loop"))
        loop_writes_the_damage();
    else if (!strcmp(way, "library"))
        library_writes();
    else if (!strcmp(way, "underflow"))
        before_its_start();
    else if (!strcmp(way, "after-free"))
        after_free();
    else if (!strcmp(way, "leak"))
        never_freed();
    else if (!strcmp(way, "kernel"))
        kernel_writes();
    else if (!strcmp(way, "threads"))
        threads_race();
    else if (!strcmp(way, "once"))
        once(argv[2]);
    else if (!strcmp(way, "absent"))
        absent(argv[2]);
    printf("end\n"); /* @end */
    return 0;
}
