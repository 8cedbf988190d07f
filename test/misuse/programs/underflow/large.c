/* expect: underflow at=@free allocated=@make written=@write
 * A length is stored before a large buffer. */
#include <stdlib.h>

int main(void)
{
    long *values = malloc(1000000); /* @make */
    int header = -1;
#ifdef CORRECT
    header = 0;
#endif
    values[header] = 1000000; /* @write */
    free(values);             /* @free */
    return 0;
}
