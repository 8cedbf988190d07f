#include "virtual_tables.h"

#include <algorithm>

namespace spaces {

namespace {

constexpr uint64_t WORD = sizeof(uint64_t);
/** Words of a table that are looked at, and pointers to code that make it one. */
constexpr uint64_t TABLE_WORDS = 20;
constexpr unsigned TABLE_FUNCTIONS = 2;
constexpr size_t MOST_TABLES = 1u << 20;

std::vector<Range> sorted(std::vector<Range> ranges)
{
    std::sort(ranges.begin(), ranges.end(),
              [](const Range &a, const Range &b) { return a.address < b.address; });
    return ranges;
}

/** The range that holds an address, or null. */
const Range *find(const std::vector<Range> &ranges, uint64_t address)
{
    auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                  [](uint64_t a, const Range &r) { return a < r.address; });
    if (after == ranges.begin())
        return nullptr;
    --after;
    return address - after->address < after->length ? &*after : nullptr;
}

} // namespace

VirtualTables::VirtualTables(Memory &memory, std::vector<Range> constants, std::vector<Range> code)
    : memory_(memory), constants_(sorted(std::move(constants))), code_(sorted(std::move(code)))
{
}

bool VirtualTables::mayBe(uint64_t address) const
{
    return address % WORD == 0 && find(constants_, address);
}

bool VirtualTables::isTable(uint64_t address)
{
    const Range *range = address % WORD ? nullptr : find(constants_, address);
    if (!range)
        return false;
    auto found = known_.find(address);
    if (found != known_.end())
        return found->second;
    uint64_t words[TABLE_WORDS];
    uint64_t count = std::min(TABLE_WORDS, (range->address + range->length - address) / WORD);
    unsigned functions = 0;
    bool sound = memory_.read(address, words, count * WORD);
    for (uint64_t i = 0; sound && i < count && functions < TABLE_FUNCTIONS; i++) {
        if (words[i])
            functions++;
        sound = !words[i] || find(code_, words[i]);
    }
    if (known_.size() >= MOST_TABLES)
        known_.clear();
    return known_[address] = sound && functions == TABLE_FUNCTIONS;
}

std::vector<uint64_t> tablesOf(Memory &memory, const std::vector<uint64_t> &blocks,
                               VirtualTables &tables)
{
    struct Start {
        uint64_t first, second;
    };
    std::vector<Start> starts(blocks.size());
    std::vector<Piece> pieces;
    for (size_t i = 0; i < blocks.size(); i++)
        pieces.push_back({blocks[i], &starts[i], sizeof(Start), false});
    memory.read(pieces.data(), pieces.size());
    memory.settle();
    std::vector<uint64_t> found(blocks.size());
    for (size_t i = 0; i < blocks.size(); i++) {
        if (!pieces[i].ok)
            continue;
        auto [first, second] = starts[i];
        if (tables.isTable(first))
            found[i] = first;
        else if (first && !tables.mayBe(first) && tables.isTable(second))
            found[i] = second;
    }
    memory.settle();
    return found;
}

} // namespace spaces
