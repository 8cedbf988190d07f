/* Holds blocks from two places, says so, and waits for its input to end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *large(void)
{
    return malloc(100000); /* @large */
}

static void *small(void)
{
    return malloc(48); /* @small */
}

int main(void)
{
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
