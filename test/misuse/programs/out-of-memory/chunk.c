/* expect: out-of-memory at=@at
 * A chunk cannot grow. */
#include "spaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* The system gives this process 64 MB more than it has. */
static void limit_memory(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu", &pages) != 1)
        exit(1);
    fclose(file);
    struct rlimit limit = {pages * 4096 + (64 << 20), RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &limit);
}

int main(void)
{
    free(malloc(10));
#ifndef CORRECT
    limit_memory();
#endif
    SpacesChunk chunk = spaces_chunk_create(0);
    spaces_chunk_alloc(chunk, 200 << 20, 0); /* @at */
    spaces_chunk_destroy(chunk);
    return 0;
}
