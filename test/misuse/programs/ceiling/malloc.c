/* expect: ceiling at=@at
 * malloc exceeds the default chunk's ceiling. */
#include "spaces.h"

#include <stdlib.h>

int main(void)
{
    size_t room = 1 << 20;
#ifdef CORRECT
    room *= 1000;
#endif
    free(malloc(10));
    spaces_chunk_set_ceiling(spaces_default_chunk, room);
    free(malloc(2 << 20)); /* @at */
    return 0;
}
