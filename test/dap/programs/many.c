/* Many small blocks. */
#include <stdio.h>
#include <stdlib.h>

static void *blocks[300000];

int main(void)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        blocks[i] = malloc(16 + i % 100);
    }
    printf("full\n"); /* @full */
    return 0;
}
