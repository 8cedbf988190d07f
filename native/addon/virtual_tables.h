/** Tables of virtual functions: what an object of a C++ class with virtual functions starts with.
 */
#ifndef SPACES_ADDON_VIRTUAL_TABLES_H
#define SPACES_ADDON_VIRTUAL_TABLES_H

#include <unordered_map>
#include <vector>

#include "memory.h"

namespace spaces {

class VirtualTables {
public:
    /** Where the program's files have constants and code. */
    VirtualTables(Memory &memory, std::vector<Range> constants, std::vector<Range> code);

    /** Whether an address lies in constants, where a table may be. */
    bool mayBe(uint64_t address) const;
    /** Whether what looks like a table starts at an address. */
    bool isTable(uint64_t address);

private:
    Memory &memory_;
    /** By address. */
    std::vector<Range> constants_, code_;
    std::unordered_map<uint64_t, bool> known_;
};

/**
 * The table that each block's first word points at, behind the count of an array where it starts
 * with one; 0 where there is none.
 */
std::vector<uint64_t> tablesOf(Memory &memory, const std::vector<uint64_t> &blocks,
                               VirtualTables &tables);

} // namespace spaces

#endif
