/* expect: invalid-free at=@at
 * An array on the stack is freed. */
#include <stdlib.h>

static void finish(char *buffer)
{
    free(buffer); /* @at */
}

int main(void)
{
    char small[64];
    char *buffer = small;
#ifdef CORRECT
    buffer = malloc(64);
#endif
    buffer[0] = 0;
    finish(buffer);
    return 0;
}
