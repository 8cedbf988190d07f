/**
 * A stack lives from its thread's stack pointer up. The C library keeps the stacks of threads that
 * have ended; their frames are of no meaning, but the thread's control block at their upper end
 * still holds what the library allocated for it:
 *
 *   |guard|dead frames ... sp| live frames ... | static TLS | control block |
 *                                                            ^ word 0 and word 2: its own address
 *                                                              word 1: the vector of TLS blocks,
 * whose block starts two words before
 */
#include "roots.h"

#include <algorithm>
#include <cstring>

namespace spaces {

namespace {

constexpr uint64_t WORD = sizeof(uint64_t);
/** Below the stack pointer a function without calls may keep this much (System V ABI). */
constexpr uint64_t RED_ZONE = 128;
/** How far from a stack's upper end its control block is looked for. */
constexpr uint64_t CONTROL_BYTES = 16384;
constexpr uint64_t CONTROL_ALIGNMENT = 64;
constexpr uint64_t ADDRESS_END = uint64_t{1} << SP_ADDRESS_BITS;

uint64_t baseOf(const SlabInfo &slab)
{
    return reinterpret_cast<uint64_t>(slab.header.base);
}

/** The allocator's structures in [from, to), by the program's segment map. */
void addOwnStructures(Memory &memory, const HeapMap &map, uint64_t from, uint64_t to,
                      std::vector<Range> &own)
{
    uint64_t first = from >> SP_SEGMENT_SHIFT, last = (to - 1) >> SP_SEGMENT_SHIFT;
    uint64_t table = map.root.segment_map;
    if (!table || table >= ADDRESS_END)
        return;
    std::vector<uint8_t> kinds(last - first + 1);
    if (!memory.read(table + first, kinds.data(), kinds.size()))
        return;
    for (uint64_t i = 0; i < kinds.size(); i++)
        if ((kinds[i] & ~SP_MAP_AREA) == SP_MAP_META)
            own.push_back({(first + i) << SP_SEGMENT_SHIFT, SP_SEGMENT_SIZE});
}

/** Address of the control block at the upper end of a stack; 0 where there is none. */
uint64_t controlBlock(Memory &memory, const RootRange &range)
{
    uint64_t length = std::min(CONTROL_BYTES, range.length) & ~(CONTROL_ALIGNMENT - 1);
    uint64_t from = (range.address + range.length - length) & ~(CONTROL_ALIGNMENT - 1);
    std::vector<uint64_t> words(length / WORD);
    if (from < range.address || !memory.read(from, words.data(), length))
        return 0;
    for (uint64_t at = length; at >= CONTROL_ALIGNMENT;) {
        at -= CONTROL_ALIGNMENT;
        uint64_t address = from + at;
        if (words[at / WORD] == address && words[at / WORD + 2] == address)
            return address;
    }
    return 0;
}

} // namespace

std::vector<Range> ownMemory(Memory &memory, const HeapMap &map, const Roots &roots)
{
    const SpRoot &root = map.root;
    std::vector<Range> own = {{root.depot, root.depot_size},
                              {root.segments, SP_MAX_SEGMENTS * WORD},
                              {root.chunks, SP_MAX_CHUNKS * WORD}};
    for (const SegmentInfo &segment : map.segments)
        own.push_back({segment.address, segment.slabs << SP_SLAB_SHIFT});
    for (const SlabInfo &slab : map.slabs)
        if (slab.area() && slab.end > baseOf(slab))
            own.push_back({baseOf(slab), slab.end - baseOf(slab)});
    for (const RootRange &range : roots.ranges)
        if (range.length && range.address + range.length <= ADDRESS_END)
            addOwnStructures(memory, map, range.address, range.address + range.length, own);
    std::sort(own.begin(), own.end(),
              [](const Range &a, const Range &b) { return a.address < b.address; });
    std::vector<Range> merged;
    for (const Range &range : own) {
        if (!range.length || range.length > UINT64_MAX - range.address)
            continue;
        uint64_t end = range.address + range.length;
        if (merged.empty() || merged.back().address + merged.back().length < range.address)
            merged.push_back(range);
        else
            merged.back().length =
                std::max(merged.back().address + merged.back().length, end) - merged.back().address;
    }
    return merged;
}

void subtract(uint64_t address, uint64_t length, const std::vector<Range> &holes,
              const std::function<void(uint64_t, uint64_t)> &part)
{
    uint64_t end = address + length;
    auto hole = std::upper_bound(holes.begin(), holes.end(), address,
                                 [](uint64_t a, const Range &r) { return a < r.address; });
    if (hole != holes.begin())
        --hole;
    for (; hole != holes.end() && hole->address < end && address < end; ++hole) {
        if (hole->address > address)
            part(address, hole->address - address);
        address = std::max(address, hole->address + hole->length);
    }
    if (address < end)
        part(address, end - address);
}

RootWords rootWords(Memory &memory, const HeapMap &map, const Roots &roots)
{
    RootWords found;
    found.words = roots.registers;
    std::vector<Range> own = ownMemory(memory, map, roots);
    for (const RootRange &range : roots.ranges) {
        uint64_t from = std::min(range.address, ADDRESS_END);
        uint64_t end = std::min(range.address + range.length, ADDRESS_END);
        if (end <= from)
            continue;
        if (range.stack) {
            uint64_t lowest = end;
            for (uint64_t pointer : roots.stackPointers)
                if (pointer >= from && pointer < end)
                    lowest = std::min(lowest, pointer);
            uint64_t control = controlBlock(memory, range);
            uint64_t vector = 0;
            if (control && memory.read(control + WORD, &vector, sizeof vector))
                found.words.push_back(vector - 2 * WORD);
            if (lowest < end)
                from = std::max(from, lowest - RED_ZONE) & ~(WORD - 1);
            else if (control && roots.everyThread)
                from = control;
        }
        subtract(from, end - from, own, [&](uint64_t address, uint64_t length) {
            found.pieces.push_back({address, length, range.sparse});
            found.bytes += length;
        });
    }
    memory.settle();
    return found;
}

} // namespace spaces
