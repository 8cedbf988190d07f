/* expect: out-of-memory at=@at
 * There is none for an aligned block. */
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
    free(aligned_alloc(65536, 200 << 20)); /* @at */
    return 0;
}
