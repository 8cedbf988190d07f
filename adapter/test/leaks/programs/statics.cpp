// statics.cpp - holders of static duration: destroyed before the end, or never, or filled while
// others are.
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Cache {
    std::vector<std::unique_ptr<int>> items;
    ~Cache() {}
};

static Cache destroyed;
static std::map<int, std::string> &never = *new std::map<int, std::string>;
static char *late;

struct Last {
    ~Last() { late = static_cast<char *>(std::malloc(77)); }
};
static Last last;

static std::vector<char *> of_pointers;

__attribute__((noinline)) static void fill()
{
    for (int i = 0; i < 4; i++) {
        destroyed.items.push_back(std::make_unique<int>(i));
        never[i] = "a text that is too long for its place " + std::to_string(i);
        of_pointers.push_back(static_cast<char *>(std::calloc(1, 33))); // lost with the vector
    }
}

static void at_exit()
{
    std::calloc(1, 55); // NOLINT: lost
}

int main()
{
    std::atexit(at_exit);
    fill();
    return 0;
}
