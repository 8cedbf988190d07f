/* damage.c - writes where no program should, and stops before the allocator sees it. */
#include "tell.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char *blocks[20];
    for (int i = 0; i < 20; i++)
        blocks[i] = malloc(40);
    char *big = malloc(200000), *bad = blocks[7];
    if (!strcmp(what, "overflow"))
        bad[43] = 'x';
    else if (!strcmp(what, "underflow"))
        bad[-2] = 'x';
    else if (!strcmp(what, "write-after-free")) {
        free(bad);
        memset(bad + 8, 'x', 5);
    } else if (!strcmp(what, "link")) { /* fast build: the free list runs through it */
        free(blocks[6]);
        free(bad);
        free(blocks[8]);
        memset(bad, 'x', 8);
    } else if (!strcmp(what, "large-overflow")) {
        bad = big;
        bad[200000] = 'x';
    }
    tell_root();
    tell_pointers("bad", (void **)&bad, 1);
    tell_and_wait();
    return 0;
}
