#include <stdio.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(0);
for (int i = 0; i < 10; i++)
spaces_chunk_alloc(ch, 100, 0);
SpacesChunkEntry entry;
SpacesChunkStatus st = spaces_chunk_walk(ch, &entry);
int n = 0;
while (st == SPACES_CHUNK_OK) {
if (entry.isInUse)
n++;
st = spaces_chunk_walk(ch, &entry);
}
printf("walked %d in-use entries\n", n);
spaces_chunk_destroy(ch);
return 0;
}
