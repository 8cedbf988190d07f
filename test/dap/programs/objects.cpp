/* objects.cpp - objects with virtual functions, alone and in arrays, and blocks whose type only the
 * place of their allocation tells. */
#include <cstdlib>
#include <cstring>
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

struct place {
    double x, y;
};
struct name_of {
    int length;
    char text[];
};

static shapes::Shape *one, *boxes;
static void *plain;
static std::string *text;
static void *odd;
static char *copy;
static place *places;
static name_of *name;

static place *make_places(int count)
{
    place *made = (place *)std::calloc((size_t)count, sizeof *made);
    return made;
}

__attribute__((noinline)) static void stand() {}

int main()
{
    one = new shapes::Shape;
    boxes = new shapes::Box<int>[3];
    plain = std::calloc(1, 40);
    text = new std::string("no virtual functions");
    places = make_places(3);
    name = (name_of *)malloc(sizeof(name_of) + 30);
    copy = strdup("hello");
    odd = (place *)malloc(17);
    stand(); /* @stand */
    return 0;
}
