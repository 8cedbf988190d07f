/* A library of the user's own, preloaded. */
#include <stdio.h>

__attribute__((constructor)) static void loaded(void)
{
    printf("own library loaded\n");
    fflush(stdout);
}
