/**
 * Which live blocks the program can still reach, by the rules of Valgrind's Memcheck:
 *
 *   still reachable   a chain of pointers to starts of blocks leads from the roots to it
 *   possibly lost     a chain leads to it, but only by a pointer into the middle of a block
 *   definitely lost   no chain leads to it, and none from another lost block either
 *   indirectly lost   only lost blocks lead to it; it counts with the one that leads
 *
 * A cycle of lost blocks is led by the oldest one; without sequence numbers by the lowest.
 */
#ifndef SPACES_ADDON_LEAKS_H
#define SPACES_ADDON_LEAKS_H

#include <vector>

#include "live_blocks.h"
#include "roots.h"
#include "snapshot.h"

namespace spaces {

enum class Reach : uint8_t { DEFINITE, INDIRECT, POSSIBLE, REACHABLE };
constexpr size_t REACHES = 4;

/** Blocks of one class, chunk and allocation stack (fast build: size). */
struct LeakRecord {
    Reach reach;
    uint32_t stack;
    /** Of each block, where that is what they have in common; else 0. */
    uint64_t size;
    uint64_t chunk;
    Totals own;
    /** Blocks that are lost with them. */
    Totals indirect;
    /** Allocated after the snapshot that was named. */
    Totals young;
    /** Live blocks of this stack more than in the snapshot. */
    int64_t grown;
    /** The first ones by address. */
    std::vector<uint64_t> examples;
};

struct LeakReport {
    Totals classes[REACHES];
    /** The most bytes first. */
    std::vector<LeakRecord> records;
};

/** A block of one class, as a list shows it. */
struct LeakBlock {
    uint64_t address, size;
    Reach reach;
    Totals indirect;
};

class Leaks {
public:
    /** Looks through all that can be reached; ends where `control` says so. */
    Leaks(Memory &memory, const HeapMap &map, const Columns &columns, const Roots &roots,
          Control &control);

    /** `owner`: a chunk or a thread's heap, 0 all; `since` may be null. */
    LeakReport report(const HeapMap &map, const Columns &columns, uint64_t owner,
                      const Snapshot *since, Control &control) const;

    /** Whether a block is lost, and what with it; for a live block's place in the columns. */
    const LiveBlocks &blocks() const { return blocks_; }
    Reach reach(uint32_t block) const { return reach_[block]; }
    const Totals &indirect(uint32_t block) const { return indirect_[block]; }

private:
    LiveBlocks blocks_;
    std::vector<Reach> reach_;
    std::vector<Totals> indirect_;
};

} // namespace spaces

#endif
