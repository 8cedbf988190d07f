/* exits.c - the program ends in a function of a function: what their variables hold is not lost. */
#include <stdlib.h>

struct pair {
    void *a, *b;
};

__attribute__((noinline)) static void *make(size_t size)
{
    return calloc(1, size);
}

__attribute__((noinline)) static void leave(struct pair *pair)
{
    void *volatile own = make(60);
    pair->b = make(70);
    if (own)
        exit(3);
}

int main(void)
{
    struct pair *volatile pair = make(sizeof *pair);
    pair->a = make(50);
    void *volatile lost = make(90);
    lost = NULL;
    leave(pair);
    return lost != NULL;
}
