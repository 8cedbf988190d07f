/* grown.c - realloc, aligned and large blocks, a block of no bytes, and pointers that stand
 * unaligned. */
#include <stdlib.h>
#include <string.h>

static char *kept, *aligned, *none;
static char packed[32];

__attribute__((noinline)) static char *make(size_t size)
{
    char *block = malloc(size);
    memset(block, 0, size);
    return block;
}

__attribute__((noinline)) static void hold(void)
{
    kept = realloc(make(10), 5000);
    memset(kept, 0, 5000);
    char *large = make(3000000);
    memcpy(kept + 4000, &large, sizeof large);
    aligned = aligned_alloc(256, 512);
    memset(aligned, 0, 512);
    none = malloc(0);
    char *hidden = make(44);
    memcpy(packed + 3, &hidden, sizeof hidden);
}

__attribute__((noinline)) static void lose(void)
{
    char *block = realloc(make(20), 200000);
    memset(block, 0, 200000);
    char *inner = make(123);
    memcpy(block + 150000, &inner, sizeof inner);
    make(1);
}

int main(void)
{
    hold();
    lose();
    return 0;
}
