/* expect: double-free at=@again allocated=@make freed=@first
 * Two owners delete one object. */
#include <string>

struct Node {
    std::string name;
    int value = 0;
};

struct Owner {
    Node *node;
};

int main()
{
    Owner one = {new Node}; /* @make */
    Owner two = one;
#ifdef CORRECT
    two.node = new Node;
#endif
    one.node->~Node();
    ::operator delete(one.node); /* @first */
#ifdef CORRECT
    two.node->~Node();
#endif
    ::operator delete(two.node); /* @again */
    return 0;
}
