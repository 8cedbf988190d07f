/**
 * All blocks of the heap, as columns: what a table of entries is sorted, filtered and grouped by.
 * A block takes 8 bytes in the fast build and 32 in the debug build; the rest follows from its
 * slab.
 */
#ifndef SPACES_ADDON_COLUMNS_H
#define SPACES_ADDON_COLUMNS_H

#include <vector>

#include "heap_map.h"

namespace spaces {

/** What became of a block. */
enum class BlockState : uint8_t { LIVE, QUARANTINED, FREE, UNUSED };

/** One entry, complete. */
struct Row {
    uint64_t address;
    uint64_t size;
    uint64_t requested;
    /** Index in ENTRY_TYPE: free, fixed, variable, external. */
    uint8_t type;
    bool inUse;
    BlockState state;
    bool damaged;
    uint64_t chunk;
    uint64_t sequence;
    /** Allocations since. */
    uint64_t age;
    uint32_t thread;
    uint32_t stack;
};

/** Describes one block; `block` comes from the slab's decoder. */
Row rowOf(const HeapMap &map, const SlabInfo &slab, const SpBlock &block, bool damaged);

class Columns {
public:
    /** Decodes every slab. Adds what it finds damaged to `damage`. */
    Columns(Memory &memory, const HeapMap &map, Control &control);

    uint32_t size() const { return static_cast<uint32_t>(place_.size()); }
    Row row(const HeapMap &map, uint32_t entry) const;

    /** Entries of slab i are [first(i), first(i + 1)). */
    uint32_t first(size_t slab) const { return first_[slab]; }
    uint32_t slabOf(uint32_t entry) const { return windows_[place_[entry].window].slab; }
    /** The block's first byte. */
    uint64_t startOf(const HeapMap &map, uint32_t entry) const;
    /** The program's pointer. */
    uint64_t addressOf(const HeapMap &map, uint32_t entry) const
    {
        return startOf(map, entry) +
               (details_.empty() ? 0 : static_cast<uint64_t>(details_[entry].front) << 4);
    }
    /** Whether the block, redzones included, holds the address. */
    bool holds(const HeapMap &map, uint32_t entry, uint64_t address) const
    {
        return address - startOf(map, entry) < spanOf(map, entry);
    }
    bool inUse(uint32_t entry) const { return place_[entry].flags & LIVE; }
    bool isDamaged(uint32_t entry) const { return place_[entry].flags & DAMAGED; }
    uint64_t sizeOf(const HeapMap &map, uint32_t entry) const;
    uint64_t sequenceOf(uint32_t entry) const
    {
        return details_.empty() ? 0 : details_[entry].sequence;
    }
    uint32_t stackOf(uint32_t entry) const { return details_.empty() ? 0 : details_[entry].stack; }
    uint32_t threadOf(const HeapMap &map, uint32_t entry) const;

    /** A later check found the block damaged. */
    void markDamaged(size_t slab, uint32_t index);

private:
    enum : uint8_t {
        LIVE = 1,
        DAMAGED = 2,
        /** Has been handed out: address and size are the program's. */
        KNOWN = 4,
        QUARANTINED = 8,
        /** Debug build: the record fits the block (SpBlock.fits). */
        FITS = 16
    };
    /** Up to 65,536 places of a slab. */
    struct Window {
        uint32_t slab;
        /** Place 0: a block's index in its slab. */
        uint32_t first;
        /** Mixed slabs: where the last block ends, a unit. */
        uint32_t end;
        /** Mixed slabs: size of a unit, as a power of two. */
        uint8_t shift;
    };
    struct Place {
        uint32_t window;
        /** From the window's first. */
        uint16_t index;
        uint8_t flags;
    };
    /** Debug build. */
    struct Detail {
        uint64_t sequence;
        /** Low half; a large block's upper half is in its slab's header. */
        uint32_t size;
        uint32_t stack;
        uint32_t thread;
        uint16_t front;
    };

    /** Adds the entries of a window. */
    void fill(const SpDecoder &decoder, uint32_t slab, uint32_t pid);

    uint32_t indexOf(uint32_t entry) const
    {
        return windows_[place_[entry].window].first + place_[entry].index;
    }
    uint64_t spanOf(const HeapMap &map, uint32_t entry) const;

    std::vector<Window> windows_;
    std::vector<Place> place_;
    std::vector<Detail> details_;
    std::vector<uint32_t> first_;
};

} // namespace spaces

#endif
