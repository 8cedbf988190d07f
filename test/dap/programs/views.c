/* Chunks that variables hold, pointers that dangle, a heap that grows in steps. */
#include <spaces.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char *text;
};

static struct {
    int port;
    SpacesChunk pool;
} server;
static SpacesChunk caches[2];

static void *keep(size_t size)
{
    return memset(malloc(size), 7, size); /* @keep */
}

static void grow(SpacesChunk chunk, int blocks)
{
    for (int i = 0; i < blocks; i++) {
        spaces_chunk_alloc(chunk, 4000, 0); /* @grow */
    }
}

static void round_trip(int number)
{
    void *kept = keep(100 + (size_t)number);
    printf("round %d %p\n", number, kept); /* @round */
}

int main(void)
{
    SpacesChunk local = spaces_chunk_create(0);
    struct node list = {NULL, NULL};
    char *text = keep(40);
    char *gone = malloc(200);
    char *inside = text + 8;
    int *blank = malloc(64);
    server.pool = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    caches[1] = spaces_chunk_create(0);
    list.text = gone;
    spaces_chunk_alloc(local, 10, 0);
    spaces_chunk_alloc(server.pool, 10, 0);
    spaces_chunk_alloc(caches[1], 10, 0);
    free(gone);                                                            /* @freed */
    printf("%p %p %p\n", (void *)list.text, (void *)gone, (void *)inside); /* @look */
    for (int i = 0; i < 5; i++) {
        round_trip(i);
    }
    grow(server.pool, 100); /* @before_growth */
    printf("done\n");       /* @done */
    free(blank);
    return 0;
}
