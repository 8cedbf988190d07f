// A std::map: a million keys are inserted in random order, each erased again a quarter of a million
// insertions later. map OPERATIONS. Built by the benchmark, plain and with AddressSanitizer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>

static std::uint64_t key(std::uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    return (number ^ number >> 27) * 0x94d049bb133111ebu;
}

int main(int, char **words)
{
    const std::uint64_t keys = std::strtoull(words[1], nullptr, 10) / 2, kept = keys / 4;
    std::map<std::uint64_t, std::uint64_t> map;
    std::uint64_t erased = 0;
    for (std::uint64_t i = 0; i < keys + kept; i++) {
        if (i < keys)
            map[key(i)] += i;
        if (i >= kept)
            erased += map.erase(key(i - kept));
    }
    std::printf("%zu %llu\n", map.size(), static_cast<unsigned long long>(erased));
}
