/* expect: overflow at=@free allocated=@make written=@write
 * A large buffer gets a terminator behind its end. */
#include <stdlib.h>

int main(void)
{
    size_t size = 300000;
    char *text = malloc(size); /* @make */
    for (size_t i = 0; i < size; i++)
        text[i] = 'x';
#ifdef CORRECT
    size--;
#endif
    text[size] = 0; /* @write */
    free(text);     /* @free */
    return 0;
}
