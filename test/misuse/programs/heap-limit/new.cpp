/* expect: heap-limit at=@at
 * new exceeds it; the program is told by an exception. */
#include "spaces.h"

#include <new>
#include <stdlib.h>

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    spaces_process_set_heap_limit(32 << 20);
#endif
    try {
        delete[] new char[64 << 20]; /* @at */
    } catch (const std::bad_alloc &) {
        return 0;
    }
    return 0;
}
