/* Allocates a little more every few milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        char *block = malloc(4096);
        if (block) {
            block[0] = 1;
        }
        usleep(2000);
    }
    return 0;
}
