/* expect: overflow at=@free allocated=@make written=@write
 * A field was added to the record, not to its pool. */
#include "spaces.h"

struct Record {
    long id, parent, size;
    long owner;
};

int main(void)
{
    unsigned short size = 3 * sizeof(long);
#ifdef CORRECT
    size = sizeof(struct Record);
#endif
    SpacesChunk pool = spaces_chunk_create_fixed(size, 10, 0);
    struct Record *record = spaces_chunk_alloc_fixed(pool); /* @make */
    record->id = record->parent = record->size = 1;
    record->owner = 1000;            /* @write */
    spaces_chunk_free_fixed(record); /* @free */
    spaces_chunk_destroy(pool);
    return 0;
}
