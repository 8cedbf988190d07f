/**
 * Where a program keeps pointers outside of its heap: what is handed in as writable memory, less
 * what is the allocator's own. Blocks are memory of ours too: what they hold counts only where the
 * block itself is reached.
 */
#ifndef SPACES_ADDON_ROOTS_H
#define SPACES_ADDON_ROOTS_H

#include <functional>
#include <vector>

#include "heap_map.h"

namespace spaces {

/** A writable mapping. */
struct RootRange {
    uint64_t address;
    uint64_t length;
    /** Pages of it that were never written are zero. */
    bool sparse;
    /** It starts where a stack ends: below it is a guard, or it is the first thread's. */
    bool stack;
};

struct Roots {
    std::vector<RootRange> ranges;
    /** What the threads' registers hold. */
    std::vector<uint64_t> registers;
    /** Of the threads; stacks are live from there up. */
    std::vector<uint64_t> stackPointers;
    /** Stack pointers of all threads are there: a stack without any is one of a thread that ended.
     */
    bool everyThread = false;
    /** Constant data and code of the program's files: where tables of virtual functions lie. */
    std::vector<Range> constants, code;
};

/** What there is to look through: the words of `pieces`, and single pointers beside them. */
struct RootWords {
    struct Piece {
        uint64_t address, length;
        bool sparse;
    };
    std::vector<Piece> pieces;
    std::vector<uint64_t> words;
    uint64_t bytes = 0;
};

/** Memory of the allocator that is no block's, or a block's alone: sorted, merged. */
std::vector<Range> ownMemory(Memory &memory, const HeapMap &map, const Roots &roots);

/** The parts of [address, address + length) that lie in none of `holes`, which are sorted. */
void subtract(uint64_t address, uint64_t length, const std::vector<Range> &holes,
              const std::function<void(uint64_t, uint64_t)> &part);

/** The roots without the allocator's own memory and without the dead parts of stacks. */
RootWords rootWords(Memory &memory, const HeapMap &map, const Roots &roots);

} // namespace spaces

#endif
