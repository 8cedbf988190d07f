/* expect: overflow at=@free allocated=@make written=@write
 * A loop goes one too far. */
#include <stdlib.h>

int main(void)
{
    int *squares = malloc(15 * sizeof *squares); /* @make */
    int last = 15;
#ifdef CORRECT
    last = 14;
#endif
    for (int i = 0; i <= last; i++)
        squares[i] = i * i; /* @write */
    free(squares);          /* @free */
    return 0;
}
