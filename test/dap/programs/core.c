/* Blocks of known sizes, one of them overflowed, and then a crash. */
#include <stdlib.h>
#include <string.h>

struct page {
    char *pad[2];
    char *text;
};

static char *make(void)
{
    return malloc(77); /* @allocate */
}

static int crash(struct page *page, int depth)
{
    return page->text[0] + depth; /* @crash */
}

int main(void)
{
    char *volatile blocks[3];
    for (int i = 0; i < 3; i++) {
        blocks[i] = make();
    }
    blocks[1][77] = 'x';
    return crash(NULL, 7);
}
