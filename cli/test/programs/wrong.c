/* One mistake after the other, each named by an argument. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *make(size_t size)
{
    return malloc(size); /* @allocated */
}

static void release(void *block)
{
    free(block); /* @freed */
}

static __attribute__((noinline)) void lose(void)
{
    for (int i = 0; i < 10; i++)
        *(volatile char *)make(72) = 'x'; /* @lost */
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "double-free")) {
            void *block = make(40);
            release(block);
            free(block); /* @again */
        } else if (!strcmp(argv[i], "often")) {
            for (int j = 0; j < 5; j++) {
                void *block = make(56);
                release(block);
                free(block);
            }
        } else if (!strcmp(argv[i], "overflow")) {
            char *block = make(24);
            memset(block, 'x', 25 + (size_t)argc - 2); /* @memset */
            free(block);                               /* @overflow */
        } else if (!strcmp(argv[i], "read")) {
            volatile char *block = make(64);
            printf("read: %d\n", block[64] != 0); /* @read */
            release((void *)block);
        } else if (!strcmp(argv[i], "leak")) {
            lose();
        } else if (!strcmp(argv[i], "large")) {
            void *block = malloc(300u << 20); /* @large */
            printf("large: %s\n", block ? "granted" : "refused");
            free(block);
        }
    }
    return 0;
}
