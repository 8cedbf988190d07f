/**
 * Pointers into a block that are as good as one to its start, as Valgrind's Memcheck tells them
 * (--leak-check-heuristics): C++ keeps no pointer to the start of some blocks.
 *
 *   stdstring    |length|capacity|count|characters ...\0|   pointer to the characters
 *   length64     |bytes that follow|bytes ...|              pointer behind the number
 *   newarray     |elements|element|element| ...             pointer to the first element
 *   multiple inheritance   |table|...|table|...             pointer to the second base's table
 */
#ifndef SPACES_ADDON_HEURISTICS_H
#define SPACES_ADDON_HEURISTICS_H

#include "live_blocks.h"
#include "roots.h"
#include "virtual_tables.h"

namespace spaces {

class Heuristics {
public:
    /** `exact`: a block's bytes are those that were asked for (debug build). */
    Heuristics(Memory &memory, const LiveBlocks &blocks, const Roots &roots, bool exact);

    /** Whether a pointer into a block, behind its start, speaks for the whole block. */
    bool standsForStart(uint32_t block, uint64_t pointer);

private:
    /** A block may be larger than what was asked for, where that is not known. */
    bool fits(uint64_t asked, uint64_t bytes) const;
    uint64_t firstWord(uint32_t block);

    Memory &memory_;
    const LiveBlocks &blocks_;
    VirtualTables tables_;
    bool exact_;
    struct Known {
        uint32_t block = NONE;
        uint64_t word = 0;
    };
    /** First words of blocks that were asked for last. */
    std::vector<Known> known_;
};

} // namespace spaces

#endif
