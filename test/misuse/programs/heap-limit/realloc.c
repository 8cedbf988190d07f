/* expect: heap-limit at=@at
 * A block grows past it. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    void *block = malloc(1 << 20);
    free(realloc(block, 64 << 20)); /* @at */
    return 0;
}
