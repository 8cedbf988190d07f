/* One misuse, named by the argument. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    volatile char *block = malloc(40);
    if (strcmp(kind, "invalid-free") == 0) {
        free((void *)(block + 8));
    } else if (strcmp(kind, "overflow") == 0) {
        block[41] = 'x';
        free((void *)block);
    } else if (strcmp(kind, "underflow") == 0) {
        block[-2] = 'x';
        free((void *)block);
    } else if (strcmp(kind, "write-after-free") == 0) {
        free((void *)block);
        block[3] = 'x';
        /* Blocks leave the quarantine, where they are looked at. */
        for (int i = 0; i < 200000; i++) {
            free(malloc(40));
        }
    }
    return 0;
}
