/**
 * The heap without its blocks: root, chunks, heaps and slab headers, read in a few batches,
 * validated, and ordered by address. All that follows (totals, entries, checks) starts from here.
 */
#ifndef SPACES_ADDON_HEAP_MAP_H
#define SPACES_ADDON_HEAP_MAP_H

#include <algorithm>
#include <vector>

#include "control.h"
#include "damage.h"
#include "memory.h"

namespace spaces {

constexpr uint32_t NONE = UINT32_MAX;

struct Totals {
    uint64_t count = 0;
    uint64_t bytes = 0;
};

struct ChunkInfo {
    uint64_t address;
    SpChunk fields;
    bool damaged;
    Totals live;
};

/** A chunk's set of free lists; one a thread in the default chunk. */
struct HeapInfo {
    uint64_t address;
    /** Index in HeapMap::chunks. */
    uint32_t chunk;
    uint32_t state;
    uint32_t thread;
    /** The chunk's own heap, not one of a thread. */
    bool own;
    bool damaged;
    uint64_t footprint;
    Totals live;
};

/** The head of a run of slabs that holds blocks, or a chunk's area. */
struct SlabInfo {
    /** Of the header. */
    uint64_t address;
    SpSlab header;
    /** Index in HeapMap::heaps, NONE where the header names no heap there is. */
    uint32_t heap;
    /** Blocks of one size, or one large block: how many. 0 in a mixed slab. */
    uint32_t blocks;
    /** The last byte that its blocks may take, plus one. */
    uint64_t end;
    /** Its header fails its checks. */
    bool damaged = false;
    /** Of a mixed slab, where it can be read. */
    uint32_t top = 0;
    /** By its owner's counters. */
    Totals live;

    bool mixed() const { return header.kind == SP_SLAB_MIXED; }
    /** A caller's memory, which may be anything, even another slab's block. */
    bool area() const { return mixed() && header.flags & SP_SLAB_AREA; }
};

/** Blocks that a thread of the fast build freed for a slab of another's, and has not sent yet. */
struct Waiting {
    /** Address of the slab's header. */
    uint64_t slab;
    /** Of the first one. */
    uint32_t link;
    uint32_t count;
};

/** Address space that the allocator took: its header, then slabs. */
struct SegmentInfo {
    uint64_t address;
    uint64_t slabs;
};

struct HeapMap {
    SpRoot root{};
    /** False until the program's first allocation: the rest is then empty. */
    bool initialised = false;
    std::vector<ChunkInfo> chunks;
    std::vector<HeapInfo> heaps;
    /** By address. */
    std::vector<SegmentInfo> segments;
    /** By address of their blocks; an area in another slab's block follows that. */
    std::vector<SlabInfo> slabs;
    /** By slab. */
    std::vector<Waiting> waiting;
    /** Whether an area lies in another slab's block, so that slab by slab is not by address. */
    bool nested = false;
    DamageList damage;
    /** Segment headers as they were read; of no meaning once the map is made. */
    std::vector<uint8_t> buffer;

    bool debug() const { return root.debug != 0; }
    /** Calls `visit` with what waits for a slab. */
    template <typename Visit> void eachWaiting(const SlabInfo &slab, Visit visit) const
    {
        auto before = [](const Waiting &some, uint64_t address) { return some.slab < address; };
        auto at = std::lower_bound(waiting.begin(), waiting.end(), slab.address, before);
        for (; at != waiting.end() && at->slab == slab.address; ++at)
            visit(*at);
    }
    uint64_t chunkOf(const SlabInfo &slab) const
    {
        return slab.heap == NONE ? 0 : chunks[heaps[slab.heap].chunk].address;
    }
    /** Whether a slab belongs to a chunk or a thread's heap, given by address; 0: to any. */
    bool belongs(const SlabInfo &slab, uint64_t owner) const;
    /** The slab whose run holds an address, or null; where an area does, too, that one. */
    const SlabInfo *find(uint64_t address) const;
};

/**
 * Reads the map, ending where `control` says so. `old` is one that is of no use any more: memory
 * for it is there already. Totals are those of the headers; in the debug build, where blocks may be
 * held back, use records.
 */
HeapMap readHeapMap(Memory &memory, uint64_t root, Control &control, HeapMap old = {});

} // namespace spaces

#endif
