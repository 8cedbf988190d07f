#include <stdio.h>
#include "spaces.h"
typedef struct Node {
int key;
struct Node *left, *right;
} Node;
int main(void)
{
/* A chunk tuned for Node-sized allocations. */
SpacesChunk pool = spaces_chunk_create_fixed(sizeof(Node), 0, 0);
Node *root = spaces_chunk_alloc_fixed(pool);
root->key = 50;
root->left = spaces_chunk_alloc_fixed(pool);
root->left->key = 25;
root->left->left = root->left->right = NULL;
root->right = spaces_chunk_alloc_fixed(pool);
root->right->key = 75;
root->right->left = root->right->right = NULL;
printf("root=%d left=%d right=%d\n",
root->key, root->left->key, root->right->key);
/* Release the entire pool in one call — no per-node free needed. */
spaces_chunk_destroy(pool);
return 0;
}
