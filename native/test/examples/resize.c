#include <stdio.h>
#include <string.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(0);
char *buf = spaces_chunk_alloc(ch, 32, 0);
strcpy(buf, "short");
/* Grow the buffer. */
buf = spaces_chunk_realloc(buf, 256, 0);
strcat(buf, " — now with room to spare");
printf("%s (size: %zu)\n", buf, spaces_chunk_ptr_size(buf));
spaces_chunk_free(buf);
spaces_chunk_destroy(ch);
return 0;
}
