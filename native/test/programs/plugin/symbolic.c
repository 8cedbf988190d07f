/* symbolic.c - a module that has libspaces.a inside and is linked with -Bsymbolic: its own calls of
 * malloc are served by its own copy, those of the program are not. */
#include <stdlib.h>
#include <string.h>

#include "spaces.h"

/* How many things are not as they should be. `outside` is a block of the program's malloc. */
int module_use(void *outside)
{
    int wrong = 0;
    char *p = malloc(100);
    wrong += spaces_chunk_ptr_check(spaces_default_chunk, p) != SPACES_PTR_OK;
    wrong += spaces_chunk_ptr_check(NULL, outside) != SPACES_PTR_WILD;
    p = realloc(p, 100000);
    free(p);
    SpacesChunk chunk = spaces_chunk_create(0);
    for (int i = 0; i < 1000; i++)
        wrong += !memset(spaces_chunk_alloc(chunk, (size_t)i + 1, 0), 1, (size_t)i + 1);
    wrong += spaces_chunk_count(chunk) != 1000;
    wrong += !spaces_chunk_destroy(chunk);
    spaces_process_flush_all();
    return wrong;
}
