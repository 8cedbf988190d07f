/**
 * The heap as a picture: its address space in units of a slab, numbered over all segments, and the
 * blocks of one slab.
 */
#ifndef SPACES_ADDON_PICTURE_H
#define SPACES_ADDON_PICTURE_H

#include <vector>

#include "query.h"

namespace spaces {

/** What a slab holds, in the order of the words of the wire contract. */
enum class SlabKind : uint8_t { HEADER, FREE, SMALL, SPAN, LARGE, MIXED };

SlabKind kindOf(const SlabInfo &slab);

/** A run of neighbouring slabs, as one cell of the picture. */
struct Cell {
    uint64_t start;
    uint64_t count;
    uint64_t address;
    uint64_t used = 0;
    Totals live;
    SlabKind kind = SlabKind::FREE;
    uint64_t blockSize = 0;
    /** Of most of its slabs, 0 where none holds blocks. */
    uint64_t chunk = 0;
    uint32_t chunks = 0;
    bool damaged = false;
    uint64_t hits = 0;
};

/** A contiguous range of the heap's address space. */
struct Stretch {
    /** Number of its first slab. */
    uint64_t start;
    uint64_t address;
    uint64_t slabs;
};

struct Picture {
    uint64_t total = 0;
    uint64_t start = 0;
    uint64_t count = 0;
    std::vector<Cell> cells;
    /** Those that begin in the window. */
    std::vector<Stretch> stretches;
};

/** What a picture is made from, beside the map: figures of each slab in it. */
struct SlabFigures {
    std::vector<Totals> live;
    std::vector<bool> damaged;
    /** Blocks that were looked for; empty where nothing was. */
    std::vector<uint64_t> hits;
};

/** The part of the heap to draw, and into how many cells. */
struct Section {
    uint64_t start;
    uint64_t count;
    uint64_t cells;
};

/** `owner`: a chunk or thread's heap whose blocks alone count as live, 0: all. */
Picture draw(const HeapMap &map, const SlabFigures &figures, uint64_t owner,
             const Section &section);

} // namespace spaces

#endif
