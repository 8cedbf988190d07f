/* Stands still with damage in its heap, then frees twice. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *block = malloc(4711); /* @allocated */
    char *damaged = malloc(24);
    memset(damaged, 'x', 25);
    raise(SIGSTOP);
    free(block);
    free(block); /* @again */
    raise(SIGSTOP);
    return 0;
}
