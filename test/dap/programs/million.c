/* A million small blocks, or as many as asked for, in a list so that they stay. */
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *next;
};

int main(int argc, char **argv)
{
    struct node *list = NULL;
    long count = argc > 1 ? atol(argv[1]) : 1000000;
    for (long i = 0; i < count; i++) {
        struct node *node = malloc(24);
        node->next = list;
        list = node;
    }
    printf("ready %p\n", (void *)list); /* @look */
    printf("on\n");
    return 0;
}
