/* expect: heap-limit at=@at
 * One block exceeds the heap limit. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    free(malloc(100 << 20)); /* @at */
    return 0;
}
