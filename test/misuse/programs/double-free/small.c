/* expect: double-free at=@again allocated=@make freed=@first
 * A block of 24 bytes is freed twice. */
#include <stdlib.h>

int main(void)
{
    char *block = malloc(24); /* @make */
    free(block);              /* @first */
#ifndef CORRECT
    free(block); /* @again */
#endif
    return 0;
}
