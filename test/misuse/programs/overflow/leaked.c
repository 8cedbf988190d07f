/* expect: overflow allocated=@make written=@write
 * The damaged block is never freed: the check at the exit tells. */
#include <stdlib.h>

static char *kept;

int main(void)
{
    int size = 77;
    kept = malloc(77); /* @make */
#ifdef CORRECT
    size--;
#endif
    kept[size] = 'k'; /* @write */
    return 0;
}
