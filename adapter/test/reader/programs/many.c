/* many.c - as many blocks as asked for, of 16 to 128 bytes, one in eight freed. */
#include "tell.h"

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000, bytes = 0, kept = 0;
    char **blocks = malloc(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        size_t size = 16 + i * 2654435761u % 113;
        blocks[i] = malloc(size);
        *blocks[i] = 1;
        bytes += size;
        kept++;
        if (i % 8 == 7) {
            size_t other = i - i / 8 % 7;
            free(blocks[other]);
            blocks[other] = NULL;
            kept--;
        }
    }
    tell_root();
    tell(",\"count\":%zu", kept);
    tell_and_wait();
    return 0;
}
