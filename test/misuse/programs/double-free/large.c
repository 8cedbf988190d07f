/* expect: double-free at=@again allocated=@make freed=@first
 * A block with slabs of its own. */
#include <stdlib.h>

static void release(void **slot)
{
    free(*slot); /* @again @first */
#ifdef CORRECT
    *slot = NULL;
#endif
}

int main(void)
{
    void *image = calloc(1, 3000000); /* @make */
    release(&image);
    release(&image);
    return 0;
}
