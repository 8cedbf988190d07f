// cookies.cpp - arrays with a count before their first element: held by a pointer behind it.
#include <cstdint>
#include <cstdlib>
#include <cstring>

struct Item {
    char name[24];
    void *more;
    Item() : more(std::malloc(20)) { std::memset(name, 0, sizeof name); }
    ~Item() { std::free(more); }
};

static Item *kept;
static char *lengthed, *counted;
static long *plain;

__attribute__((noinline)) static void hold()
{
    kept = new Item[5];
    plain = new long[7];
    auto *length = static_cast<uint64_t *>(std::malloc(8 + 120));
    std::memset(length, 0, 128);
    *length = 120;
    lengthed = reinterpret_cast<char *>(length + 1);
    auto *count = static_cast<uint64_t *>(std::malloc(8 + 7 * 5));
    std::memset(count, 0, 43);
    *count = 4; // 35 is no multiple of it
    counted = reinterpret_cast<char *>(count + 1);
}

__attribute__((noinline)) static void lose()
{
    new Item[3];
}

int main()
{
    hold();
    lose();
    return plain == nullptr;
}
