// strings.cpp - std::string, map and vector: held, lost, and lost with what holds them.
#include <map>
#include <string>
#include <vector>

using Table = std::map<std::string, std::vector<std::string>>;

static Table kept;
static std::string *single;

__attribute__((noinline)) static void fill(Table &table, int count)
{
    for (int i = 0; i < count; i++) {
        auto &list =
            table["a key that is too long to lie in the string itself " + std::to_string(i)];
        for (int j = 0; j < 3; j++)
            list.push_back("a value that is too long as well " + std::to_string(i * j));
    }
}

__attribute__((noinline)) static void lose()
{
    auto *table = new Table;
    fill(*table, 4);
    auto *list = new std::vector<std::string>;
    list->emplace_back("one of a list, too long for its place");
    list->emplace_back("another one of a list, too long for its place");
}

int main()
{
    fill(kept, 2);
    single = new std::string("held by a pointer, too long for its place");
    lose();
    return 0;
}
