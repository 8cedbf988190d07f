/* expect: metadata at=@at
 * A copied region destroys what the other one uses. */
#include "spaces.h"

struct Region {
    SpacesChunk chunk = spaces_chunk_create(0);
    void *take(size_t size) const { return spaces_chunk_alloc(chunk, size, 0); /* @at */ }
};

int main()
{
    Region one;
    Region two = one;
#ifdef CORRECT
    two.chunk = spaces_chunk_create(0);
#endif
    spaces_chunk_destroy(one.chunk);
    two.take(100);
#ifdef CORRECT
    spaces_chunk_destroy(two.chunk);
#endif
    return 0;
}
