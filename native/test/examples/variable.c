#include <stdio.h>
#include <string.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(0);
char *greeting = spaces_chunk_alloc(ch, 64, 0);
snprintf(greeting, 64, "Hello from a Spaces chunk");
printf("%s (usable: %zu bytes)\n",
greeting, spaces_chunk_ptr_size(greeting));
spaces_chunk_free(greeting);
spaces_chunk_destroy(ch);
return 0;
}
