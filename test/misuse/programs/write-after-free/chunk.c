/* expect: write-after-free allocated=@make freed=@free written=@write
 * A list in a chunk is linked through a freed element. */
#include "spaces.h"

struct Element {
    struct Element *next;
    char text[24];
};

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    struct Element *first = spaces_chunk_alloc(chunk, sizeof *first, 0);
    struct Element *second = spaces_chunk_alloc(chunk, sizeof *second, 0); /* @make */
    first->next = second;
    second->next = 0;
#ifdef CORRECT
    first->next = 0;
#endif
    spaces_chunk_free(second); /* @free */
    if (first->next)
        first->next->next = first; /* @write */
    spaces_chunk_destroy(chunk);
    return 0;
}
