/* lists.c - a list that a global holds, one that nobody holds, and a tree cut at its root. */
#include <stdlib.h>

struct node {
    struct node *next;
    void *load;
};

static struct node *kept;

__attribute__((noinline)) static struct node *make_list(int length)
{
    struct node *first = NULL;
    for (int i = 0; i < length; i++) {
        struct node *node = malloc(sizeof *node);
        node->load = calloc(1, 24);
        node->next = first;
        first = node;
    }
    return first;
}

struct tree {
    struct tree *left, *right;
    char name[40];
};

__attribute__((noinline)) static struct tree *make_tree(int depth)
{
    if (depth == 0)
        return NULL;
    struct tree *tree = calloc(1, sizeof *tree);
    tree->left = make_tree(depth - 1);
    tree->right = make_tree(depth - 1);
    return tree;
}

__attribute__((noinline)) static void lose(void)
{
    make_list(7);
    make_tree(5);
}

int main(void)
{
    kept = make_list(5);
    lose();
    return 0;
}
