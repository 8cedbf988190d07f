/* expect: ceiling at=@at
 * new exceeds it; the program is told by an exception. */
#include "spaces.h"

#include <new>

int main(void)
{
    size_t room = 1 << 20;
#ifdef CORRECT
    room *= 1000;
#endif
    spaces_chunk_set_ceiling(spaces_init_default_chunk(), room);
    try {
        delete[] new char[2 << 20]; /* @at */
    } catch (const std::bad_alloc &) {
        return 0;
    }
    return 0;
}
