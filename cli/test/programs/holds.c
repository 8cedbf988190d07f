/* Holds blocks from two places, says so, and waits for its input to end. With an argument nobody
 * else may read it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static void *large(void)
{
    return malloc(100000); /* @large */
}

static void *small(void)
{
    return malloc(48); /* @small */
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        prctl(PR_SET_DUMPABLE, 0);
    static void *blocks[110];
    for (int i = 0; i < 10; i++)
        blocks[i] = large();
    for (int i = 10; i < 110; i++)
        blocks[i] = small();
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return blocks[0] == NULL;
}
