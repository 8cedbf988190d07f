#include <stdio.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(0);
for (int i = 0; i < 500; i++)
spaces_chunk_alloc(ch, 48 + (i % 200), 0);
printf("live allocations: %zu\n", spaces_chunk_count(ch));
printf("total bytes: %zu\n", spaces_chunk_size(ch));
spaces_chunk_shrink(ch);
printf("after shrink: %zu\n", spaces_chunk_size(ch));
spaces_chunk_destroy(ch);
return 0;
}
