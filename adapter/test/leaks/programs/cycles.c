/* cycles.c - rings that nobody holds, one of them with a tail, and two that hold each other. */
#include <stdlib.h>

struct node {
    struct node *next, *other;
    long pad[3];
};

__attribute__((noinline)) static struct node *make_ring(int length)
{
    struct node *first = calloc(1, sizeof *first), *last = first;
    for (int i = 1; i < length; i++) {
        last->next = calloc(1, sizeof *last);
        last = last->next;
    }
    last->next = first;
    return first;
}

static struct node *kept;

__attribute__((noinline)) static void lose(void)
{
    make_ring(4);
    struct node *tailed = make_ring(3);
    tailed->next->other = calloc(1, sizeof *tailed);
    tailed->next->other->other = malloc(100);
    struct node *a = make_ring(2), *b = make_ring(2);
    a->other = b;
    b->other = a;
}

int main(void)
{
    kept = make_ring(6);
    lose();
    return 0;
}
