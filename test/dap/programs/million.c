/* A million small blocks, in a list so that they stay. */
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *next;
};

int main(void)
{
    struct node *list = NULL;
    for (int i = 0; i < 1000000; i++) {
        struct node *node = malloc(24);
        node->next = list;
        list = node;
    }
    printf("ready %p\n", (void *)list); /* @look */
    printf("on\n");
    return 0;
}
