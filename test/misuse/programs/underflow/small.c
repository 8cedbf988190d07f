/* expect: underflow at=@free allocated=@make written=@write
 * A scan backwards does not stop at the start. */
#include <stdlib.h>

int main(void)
{
    char *digits = malloc(12); /* @make */
    int at = 11;
#ifdef CORRECT
    for (; at >= 0; at--)
#else
    for (; at >= -1; at--)
#endif
        digits[at] = '0'; /* @write */
    free(digits);         /* @free */
    return 0;
}
