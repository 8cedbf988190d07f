/* expect: heap-limit at=@at
 * A zeroed table exceeds it. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    free(calloc(1 << 20, 64)); /* @at */
    return 0;
}
