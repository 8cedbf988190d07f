/* expect: write-after-free allocated=@make freed=@free written=@write
 * The old address is written after the block has moved. */
#include <stdlib.h>

int main(void)
{
    char *text = malloc(32); /* @make */
    char *cursor = text + 5;
    text = realloc(text, 100000); /* @free */
#ifdef CORRECT
    cursor = text + 5;
#endif
    *cursor = 0; /* @write */
    free(text);
    return 0;
}
