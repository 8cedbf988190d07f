/* One access outside of a block or to a freed one, named by the argument. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int sink;

static char *make(void)
{
    return malloc(64);
}

static char *prepare(const char *kind)
{
    char *block = NULL;
    int count = strcmp(kind, "underread") == 0 ? 2 : 1; /* the second block starts with its page */
    for (int i = 0; i < count; i++) {
        block = make();
    }
    if (strcmp(kind, "use-after-free") == 0) {
        free(block);
    }
    return block;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    char *block = prepare(kind);
    if (strcmp(kind, "overread") == 0) {
        sink = block[64]; /* @overread */
    } else if (strcmp(kind, "underread") == 0) {
        sink = block[-1]; /* @underread */
    } else if (strcmp(kind, "use-after-free") == 0) {
        sink = block[3]; /* @use-after-free */
    } else if (strcmp(kind, "call") == 0) {
        memcpy(block, argv[0], (size_t)argc + 63); /* @call */
    } else if (strcmp(kind, "own-fault") == 0) {
        sink = *(volatile char *)8; /* @own-fault */
    }
    puts("end");
    return 0;
}
