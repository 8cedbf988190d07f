/* leaks.c - what is lost before a stop, what grows afterwards, and what is intended. */
#include <stdlib.h>

struct node {
    struct node *next;
    char text[40];
};

static struct node *kept;

__attribute__((noinline)) static struct node *make_node(struct node *next)
{
    struct node *node = calloc(1, sizeof *node); /* @node */
    node->next = next;
    return node;
}

__attribute__((noinline)) static void lose_list(void)
{
    make_node(make_node(make_node(NULL)));
}

__attribute__((noinline)) static void lose_on_purpose(void)
{
    calloc(2, 50); /* @purpose */
}

__attribute__((noinline)) static void grow(int count)
{
    while (count--)
        kept = make_node(kept);
}

__attribute__((noinline)) static int stand(int step)
{
    return step; /* @stand */
}

int main(void)
{
    char *volatile only_here = calloc(1, 700);
    grow(2);
    lose_list();
    lose_on_purpose();
    grow(0); /* or a register still holds what was lost */
    stand(1);
    grow(5);
    stand(2);
    free(only_here);
    return 7;
}
