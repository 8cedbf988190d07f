/* churn.c - what each_step.cc steps through: slabs that come, fill, empty and
 * go, large blocks, a chunk. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/spaces.h"

#define API(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))

int main(void)
{
    static void *blocks[64];
    char line[64];
    SpacesChunk (*create)(unsigned) = API(spaces_chunk_create);
    int (*destroy)(SpacesChunk) = API(spaces_chunk_destroy);
    void *(*allocate)(SpacesChunk, size_t, unsigned) = API(spaces_chunk_alloc);
    free(malloc(1));
    int length = snprintf(line, sizeof line, "%p\n", dlsym(RTLD_DEFAULT, "spaces_heap_root"));
    if (write(1, line, (size_t)length) != length)
        return 1;
    raise(SIGSTOP);
    for (int i = 0; i < 64; i++)
        blocks[i] = malloc(i < 24 ? 3000 : i < 40 ? 24 : i < 44 ? 20000 : 400);
    for (int i = 63; i >= 0; i--)
        free(blocks[i * 7 % 64]);
    for (int i = 0; i < 30; i++)
        blocks[i] = malloc(i < 20 ? 24 : 3000);
    for (int i = 0; i < 30; i++)
        free(blocks[i]);
    void *large = malloc(100000), *own = malloc(5u << 20);
    large = realloc(large, 200000);
    free(own);
    free(large);
    SpacesChunk chunk = create(0);
    for (int i = 0; i < 8; i++)
        blocks[i] = allocate(chunk, 500, 0);
    free(blocks[3]);
    destroy(chunk);
    _exit(0);
}
