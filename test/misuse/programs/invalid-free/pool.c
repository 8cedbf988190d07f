/* expect: invalid-free at=@at allocated=@make
 * A member of a pooled record is given back. */
#include "spaces.h"

struct Record {
    long id;
    char name[40];
};

int main(void)
{
    SpacesChunk pool = spaces_chunk_create_fixed(sizeof(struct Record), 0, 0);
    struct Record *record = spaces_chunk_alloc_fixed(pool); /* @make */
#ifdef CORRECT
    spaces_chunk_free_fixed(record);
#else
    spaces_chunk_free_fixed(record->name); /* @at */
#endif
    spaces_chunk_destroy(pool);
    return 0;
}
