/* expect: heap-limit at=@at
 * An aligned block exceeds it. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    free(aligned_alloc(4096, 64 << 20)); /* @at */
    return 0;
}
