/* expect: invalid-free at=@at allocated=@make
 * A block is resized by an address inside it. */
#include <stdlib.h>

int main(void)
{
    char *list = malloc(120); /* @make */
    char *second = list;
#ifndef CORRECT
    second += 8;
#endif
    char *grown = realloc(second, 240); /* @at */
    free(grown ? grown : list);
    return 0;
}
