#include "heuristics.h"

#include <algorithm>

namespace spaces {

namespace {

constexpr uint64_t WORD = sizeof(uint64_t);
constexpr size_t KNOWN_BLOCKS = 1u << 14;

} // namespace

Heuristics::Heuristics(Memory &memory, const LiveBlocks &blocks, const Roots &roots, bool exact)
    : memory_(memory), blocks_(blocks), tables_(memory, roots.constants, roots.code), exact_(exact),
      known_(KNOWN_BLOCKS)
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
    if (bytes - offset < WORD || !tables_.mayBe(firstWord(block)))
        return false;
    uint64_t inner = 0;
    return memory_.read(pointer, &inner, sizeof inner) && tables_.isTable(inner) &&
           tables_.isTable(firstWord(block));
}

} // namespace spaces
