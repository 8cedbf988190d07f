#include "heuristics.h"

#include <algorithm>

namespace spaces {

namespace {

constexpr uint64_t WORD = sizeof(uint64_t);
/** Words of a table that are looked at, and pointers to code that make it one. */
constexpr uint64_t TABLE_WORDS = 20;
constexpr unsigned TABLE_FUNCTIONS = 2;
constexpr size_t KNOWN_BLOCKS = 1u << 14;
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

Heuristics::Heuristics(Memory &memory, const LiveBlocks &blocks, const Roots &roots, bool exact)
    : memory_(memory), blocks_(blocks), constants_(sorted(roots.constants)),
      code_(sorted(roots.code)), exact_(exact), known_(KNOWN_BLOCKS)
{
}

bool Heuristics::fits(uint64_t asked, uint64_t bytes) const
{
    if (exact_)
        return asked == bytes;
    return asked <= bytes && bytes - asked <= std::max<uint64_t>(16, bytes / 4);
}

uint64_t Heuristics::firstWord(uint32_t block)
{
    Known &known = known_[block % KNOWN_BLOCKS];
    if (known.block != block) {
        uint64_t word = 0;
        if (!memory_.read(blocks_.start(block), &word, sizeof word))
            word = 0;
        known = {block, word};
    }
    return known.word;
}

bool Heuristics::isVirtualTable(uint64_t address)
{
    const Range *range = address % WORD ? nullptr : find(constants_, address);
    if (!range)
        return false;
    auto found = tables_.find(address);
    if (found != tables_.end())
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
    if (tables_.size() >= MOST_TABLES)
        tables_.clear();
    return tables_[address] = sound && functions == TABLE_FUNCTIONS;
}

bool Heuristics::standsForStart(uint32_t block, uint64_t pointer)
{
    uint64_t bytes = blocks_.bytes(block), offset = pointer - blocks_.start(block);
    if (offset % WORD || bytes < 2 * WORD)
        return false;
    if (offset == 3 * WORD) {
        uint64_t length = firstWord(block), capacity = 0;
        if (memory_.read(blocks_.start(block) + WORD, &capacity, sizeof capacity) &&
            capacity < bytes && length <= capacity && fits(3 * WORD + capacity + 1, bytes))
            return true;
    }
    if (offset == WORD) {
        uint64_t first = firstWord(block);
        if (first > 0 && first <= bytes && fits(first + WORD, bytes))
            return true;
        /* Where the size that was asked for is not known, any number will do. */
        if (first > 0 && first <= bytes - WORD && (!exact_ || (bytes - WORD) % first == 0))
            return true;
    }
    if (bytes - offset < WORD || !find(constants_, firstWord(block)))
        return false;
    uint64_t inner = 0;
    return memory_.read(pointer, &inner, sizeof inner) && isVirtualTable(inner) &&
           isVirtualTable(firstWord(block));
}

} // namespace spaces
