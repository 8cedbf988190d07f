/* A double free between ordinary allocations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *make(size_t size)
{
    char *text = malloc(size); /* @allocate */
    memset(text, 'x', size);
    return text;
}

static void release(char *text)
{
    free(text); /* @free */
}

int main(int argc, char **argv)
{
    (void)argv;
    char *kept = make(100);
    char *twice = make(48);
    printf("start\n");
    fflush(stdout);
    release(twice);  /* @first */
    release(twice);  /* @second */
    printf("end\n"); /* @after */
    free(kept);
    if (argc > 1) {
        usleep(300000); /* linger */
    }
    return 0;
}
