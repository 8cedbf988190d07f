/* expect: double-free at=@again allocated=@make freed=@first
 * The old address is freed after the block has moved. */
#include <stdlib.h>

int main(void)
{
    char *old = malloc(40);            /* @make */
    char *grown = realloc(old, 40000); /* @first */
    free(grown);
#ifndef CORRECT
    free(old); /* @again */
#endif
    return 0;
}
