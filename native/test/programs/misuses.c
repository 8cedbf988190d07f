/* misuses.c - one misuse, chosen by the argument; the exit code is 3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    char *volatile p = malloc(40);
    char *volatile same = p;
    if (!strcmp(kind, "double-free")) {
        free(p);
        free(same);
    } else if (!strcmp(kind, "overflow")) {
        p[40] = 1;
        free(p);
    } else if (!strcmp(kind, "invalid-free")) {
        free((void *)&kind);
        free(p);
    } else if (!strcmp(kind, "damage-at-exit")) {
        p[40] = 1;
    } else if (!strcmp(kind, "write-after-free")) {
        free(p);
        same[5] = 1;
        for (int i = 0; i < 1000; i++)
            free(malloc(500));
    } else {
        free(p);
    }
    puts("to the end");
    return 3;
}
