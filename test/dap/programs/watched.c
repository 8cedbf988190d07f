/* Blocks to stop at. */
#include <stdlib.h>
#include <string.h>

static char *make(int i)
{
    return malloc(100 + (size_t)i); /* @allocate */
}

static void release(char *block)
{
    free(block); /* @free */
}

int main(void)
{
    char *first = make(0), *second = make(1);
    first[0] = 'a';  /* @first */
    second[0] = 'b'; /* @write */
    release(first);
    for (int i = 2; i < 9; i++)
        release(make(i)); /* @loop */
    release(second);
    return 0; /* @end */
}
