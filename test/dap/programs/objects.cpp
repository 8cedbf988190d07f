/* objects.cpp - objects with virtual functions, alone and in arrays, and blocks without. */
#include <cstdlib>
#include <string>

namespace shapes {

struct Shape {
    virtual ~Shape() {}
    virtual double area() { return 0; }
};
template <typename T> struct Box : Shape {
    T side{};
    double area() override { return double(side) * side; }
};

} // namespace shapes

static shapes::Shape *one, *boxes;
static void *plain;
static std::string *text;

__attribute__((noinline)) static void stand() {}

int main()
{
    one = new shapes::Shape;
    boxes = new shapes::Box<int>[3];
    plain = std::calloc(1, 40);
    text = new std::string("no virtual functions");
    stand(); /* @stand */
    return 0;
}
