/**
 * Live blocks by address, and which of them an address lies in: what a search for pointers asks for
 * every word of memory. Sorted columns, and a table that gives for each stretch of memory the first
 * block that reaches into it.
 */
#ifndef SPACES_ADDON_LIVE_BLOCKS_H
#define SPACES_ADDON_LIVE_BLOCKS_H

#include <vector>

#include "columns.h"

namespace spaces {

class LiveBlocks {
public:
    LiveBlocks(const HeapMap &map, const Columns &columns, Control &control);

    uint32_t size() const { return static_cast<uint32_t>(start_.size()); }
    uint64_t start(uint32_t block) const { return start_[block]; }
    /** Bytes that the program asked for; fast build: that it may use. */
    uint64_t bytes(uint32_t block) const { return bytes_[block]; }
    /** Its place in the columns. */
    uint32_t entry(uint32_t block) const { return entry_[block]; }

    /** The block that holds an address, the innermost one; NONE where there is none. A block of no
     * bytes holds its own address. */
    uint32_t find(uint64_t address) const
    {
        if (address - lowest_ >= highest_ - lowest_)
            return NONE;
        return search(address);
    }

    /** The block that a block lies in, as blocks of an area may, or NONE. */
    uint32_t outer(uint32_t block) const { return outer_.empty() ? NONE : outer_[block]; }

private:
    /** Blocks without large gaps between them. */
    struct Cluster {
        uint64_t from, to;
        uint32_t first, end;
        /** Of a stretch, as a power of two. */
        unsigned shift;
        /** Of the first stretch, in `stretch_`. */
        size_t table;
    };

    uint64_t endOf(uint32_t block) const
    {
        return start_[block] + (bytes_[block] ? bytes_[block] : 1);
    }
    uint32_t search(uint64_t address) const;
    void addCluster(uint32_t first, uint32_t end, uint64_t to);
    void findOuter();

    std::vector<uint64_t> start_, bytes_;
    std::vector<uint32_t> entry_;
    std::vector<Cluster> clusters_;
    /** Number of the cluster's first block that starts at or after each stretch's first byte. */
    std::vector<uint32_t> stretch_;
    uint64_t lowest_ = 0, highest_ = 0;
    /** Of each block; empty where none lies in another. */
    std::vector<uint32_t> outer_;
};

} // namespace spaces

#endif
