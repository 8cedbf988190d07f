#include <stdio.h>
#include <stdint.h>
#include "spaces.h"
int main(void)
{
SpacesChunk ch = spaces_chunk_create(0);
/* 4096-byte aligned buffer, useful for DMA or page-aligned I/O. */
void *buf = spaces_chunk_alloc_aligned(ch, 8192, 4096, 0);
printf("aligned ptr: %p (mod 4096 = %lu)\n",
buf, (unsigned long)((uintptr_t)buf % 4096));
spaces_chunk_free_aligned(buf);
spaces_chunk_destroy(ch);
return 0;
}
