/* interior.c - blocks that only pointers into their middle lead to, and what those lead to. */
#include <stdlib.h>
#include <string.h>

static char *middle, *end, *word_off;
static void **table;
static long *cell;

__attribute__((noinline)) static char *make(size_t size)
{
    char *block = malloc(size);
    memset(block, 1, size);
    return block;
}

__attribute__((noinline)) static void hold(void)
{
    middle = make(100) + 50;
    end = make(64) + 64; /* behind it: no pointer into it */
    char *outer = make(160);
    *(void **)outer = make(80); /* a possible one leads to it */
    word_off = outer + 16;
    table = calloc(4, sizeof *table);
    table[0] = make(40);
    table[1] = make(48) + 8;
    table[2] = make(0 + 1);
    cell = (long *)(void *)make(56) + 2;
}

int main(void)
{
    hold();
    return 0;
}
