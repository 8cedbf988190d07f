/**
 * The live blocks of a moment, packed: about ten bytes a block, in the order of addresses. Two of
 * them, or one and the present, are compared in one pass over both.
 *
 *   block = address - that of the block before, size, stack and sequence as differences to those
 *           of the block before, owner: all as numbers of seven bits a byte
 *   owner = place in a table of chunk, heap, thread and type
 */
#ifndef SPACES_ADDON_SNAPSHOT_H
#define SPACES_ADDON_SNAPSHOT_H

#include <vector>

#include "columns.h"
#include "query.h"

namespace spaces {

/** What many blocks have in common. */
struct Owner {
    uint64_t chunk;
    /** Address of the set of free lists; a thread's heap in the default chunk. */
    uint64_t heap;
    uint32_t thread;
    /** As Row::type. */
    uint8_t type;

    bool operator==(const Owner &other) const
    {
        return chunk == other.chunk && heap == other.heap && thread == other.thread &&
               type == other.type;
    }
};

/** A block as a snapshot keeps it. */
struct Kept {
    uint64_t address;
    uint64_t size;
    /** 0 in the fast build, where a block is known by its address and size alone. */
    uint64_t sequence;
    uint32_t stack;
    uint32_t owner;
};

class Snapshot {
public:
    Snapshot(const HeapMap &map, const Columns &columns, Control &control);

    uint64_t count() const { return count_; }
    uint64_t bytes() const { return bytes_; }
    const Owner &owner(uint32_t place) const { return owners_[place]; }
    /** Bytes of memory that it takes. */
    size_t memory() const;

    /** Goes through the blocks by address. */
    class Cursor {
    public:
        explicit Cursor(const Snapshot &snapshot);
        bool next(Kept &block);

    private:
        uint64_t number();
        int64_t difference();

        const uint8_t *at_, *end_;
        Kept last_{};
    };

private:
    friend class Cursor;

    void put(uint64_t number);
    void putDifference(int64_t difference);

    std::vector<uint8_t> packed_;
    std::vector<Owner> owners_;
    uint64_t count_ = 0;
    uint64_t bytes_ = 0;
};

/** One group of a comparison. */
struct Change {
    double key;
    Totals before, after;
    /** In `after` alone, in `before` alone. */
    Totals allocated, freed;
};

/** Blocks of a chunk or a thread's heap, given by address (0: of all), by a key. */
std::vector<Change> compare(const Snapshot &before, const Snapshot &after, uint64_t owner,
                            GroupBy by, Control &control);

} // namespace spaces

#endif
