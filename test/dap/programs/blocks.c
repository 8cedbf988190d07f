/* A chunk with blocks of known sizes, a single block, a freed one, and a late overflow. */
#include <spaces.h>
#include <stdio.h>
#include <stdlib.h>

static SpacesChunk make_chunk(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_set_ceiling(chunk, 8 << 20);
    return chunk;
}

static void fill(SpacesChunk chunk)
{
    for (int i = 0; i < 20; i++) {
        spaces_chunk_alloc(chunk, 100 + (size_t)i, 0);
    }
}

static char *only_here(void)
{
    return malloc(77);
}

int main(void)
{
    SpacesChunk chunk = make_chunk();
    fill(chunk);
    char *single = only_here();
    char *gone = malloc(200);
    free(gone);
    printf("ready\n"); /* @look */
    volatile char *past = single;
    past[78] = 'x';
    printf("damaged\n"); /* @damaged */
    past[78] = 0;
    spaces_chunk_destroy(chunk);
    return 0;
}
