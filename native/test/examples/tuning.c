#include <stdio.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
/* Tune page size, growth, and ceiling. */
spaces_chunk_set_page_size(ch, 32768);
spaces_chunk_set_grow_increment(ch, 1024 * 1024);
spaces_chunk_set_ceiling(ch, 64 * 1024 * 1024);
spaces_chunk_set_free_bytes(ch, 512 * 1024);
spaces_chunk_set_small_block_size(ch, 512);
void *p = spaces_chunk_alloc(ch, 256, SPACES_FLAG_ZERO_INIT);
printf("alloc OK, ptr=%p\n", p);
spaces_chunk_free(p);
spaces_chunk_destroy(ch);
return 0;
}
