/* expect: underflow at=@free allocated=@make written=@write
 * A stack in a chunk is popped once too often. */
#include "spaces.h"

int main(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    int *stack = spaces_chunk_alloc(chunk, 8 * sizeof(int), 0); /* @make */
    int top = 2, pops = 3;
#ifdef CORRECT
    pops = 2;
#endif
    stack[0] = stack[1] = 1;
    for (int i = 0; i < pops; i++)
        stack[--top] = 0;     /* @write */
    spaces_chunk_free(stack); /* @free */
    spaces_chunk_destroy(chunk);
    return 0;
}
