/** Filling the columns, and reading them back as rows. */
#include "columns.h"

#include <algorithm>

#include "decode.h"

namespace spaces {

namespace {

uint8_t entryType(const SlabInfo &slab, bool inUse)
{
    if (!inUse)
        return 0;
    if (slab.header.kind == SP_SLAB_LARGE)
        return SP_BLOCK_EXTERNAL;
    return slab.header.flags & SP_SLAB_FIXED ? SP_BLOCK_FIXED : SP_BLOCK_VARIABLE;
}

uint64_t baseOf(const SlabInfo &slab)
{
    return reinterpret_cast<uint64_t>(slab.header.base);
}

/** How many allocations came after one. */
uint64_t ageOf(const HeapMap &map, uint64_t sequence)
{
    return sequence && sequence < map.root.sequence ? map.root.sequence - sequence : 0;
}

/** The fast build does not know who allocated a block, only whose heap it came from. */
uint32_t heapThread(const HeapMap &map, const SlabInfo &slab)
{
    return slab.heap == NONE ? 0 : map.heaps[slab.heap].thread;
}

} // namespace

Row rowOf(const HeapMap &map, const SlabInfo &slab, const SpBlock &block, bool damaged)
{
    Row row{};
    row.address = block.user;
    row.size = block.size;
    row.requested = block.requested;
    row.type = entryType(slab, block.in_use);
    row.inUse = block.in_use;
    row.state = block.in_use                           ? BlockState::LIVE
                : block.state == SP_RECORD_QUARANTINED ? BlockState::QUARANTINED
                : block.state == SP_RECORD_NEVER       ? BlockState::UNUSED
                                                       : BlockState::FREE;
    row.damaged = damaged;
    row.chunk = map.chunkOf(slab);
    row.sequence = block.sequence;
    row.age = ageOf(map, block.sequence);
    row.thread = map.debug() ? block.thread : heapThread(map, slab);
    row.stack = hasStacks(block, map.root.pid) ? block.alloc_stack : 0;
    return row;
}

Columns::Columns(Memory &memory, const HeapMap &map, Control &control)
{
    uint64_t total = 0;
    for (const SlabInfo &slab : map.slabs)
        total += slab.blocks;
    place_.reserve(std::min<uint64_t>(total, UINT32_MAX));
    if (map.debug())
        details_.reserve(place_.capacity());
    first_.reserve(map.slabs.size() + 1);
    spaces::Window lists(memory);
    auto decoder = std::make_unique<SpDecoder>();
    control.pass(map.slabs.size());
    for (size_t i = 0; i < map.slabs.size(); i++) {
        control.step();
        const SlabInfo &slab = map.slabs[i];
        first_.push_back(size());
        foresee(memory, slab, map.debug());
        if (!map.debug() && memory.prefersWhole() && slab.header.kind != SP_SLAB_LARGE &&
            slab.blocks)
            lists.load(baseOf(slab), static_cast<size_t>(slab.blocks) * slab.header.block_size);
        eachWindow(*decoder, lists, map, slab, [&](const SpDecoder &d) {
            fill(d, static_cast<uint32_t>(i), map.root.pid);
            control.poll();
        });
    }
    first_.push_back(size());
    memory.settle();
}

void Columns::fill(const SpDecoder &decoder, uint32_t slab, uint32_t pid)
{
    if (place_.size() + decoder.blocks >= UINT32_MAX)
        throw ReaderError("SPACES_DAMAGED",
                          "The heap has more blocks than this reader can number.");
    auto window = static_cast<uint32_t>(windows_.size());
    windows_.push_back(
        {slab, decoder.first, decoder.mixed.next, static_cast<uint8_t>(decoder.mixed.shift)});
    SpBlock block;
    eachBlock(decoder, [&](uint32_t index) {
        sp_decode_block(&decoder, index, &block);
        bool damaged = decoder.damage.kind && decoder.damage.index == index;
        int flags = (block.in_use ? LIVE : 0) | (block.state != SP_RECORD_NEVER ? KNOWN : 0) |
                    (block.state == SP_RECORD_QUARANTINED ? QUARANTINED : 0) |
                    (damaged ? DAMAGED : 0) | (block.fits ? FITS : 0);
        place_.push_back(
            {window, static_cast<uint16_t>(index - decoder.first), static_cast<uint8_t>(flags)});
        if (decoder.debug)
            details_.push_back({block.sequence, static_cast<uint32_t>(block.size),
                                hasStacks(block, pid) ? block.alloc_stack : 0, block.thread,
                                static_cast<uint16_t>((block.user - block.address) >> 4)});
    });
}

void Columns::markDamaged(size_t slab, uint32_t index)
{
    uint32_t low = first_[slab], end = first_[slab + 1];
    for (uint32_t high = end; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (indexOf(middle) < index)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < end && indexOf(low) == index)
        place_[low].flags |= DAMAGED;
}

uint64_t Columns::startOf(const HeapMap &map, uint32_t entry) const
{
    const Window &window = windows_[place_[entry].window];
    const SlabInfo &slab = map.slabs[window.slab];
    uint64_t index = indexOf(entry);
    if (slab.mixed())
        return baseOf(slab) + (index << window.shift);
    return baseOf(slab) + (slab.header.kind == SP_SLAB_LARGE ? 0 : index * slab.header.block_size);
}

uint64_t Columns::spanOf(const HeapMap &map, uint32_t entry) const
{
    const Place &place = place_[entry];
    const Window &window = windows_[place.window];
    const SlabInfo &slab = map.slabs[window.slab];
    if (!slab.mixed())
        return slab.header.kind == SP_SLAB_LARGE ? slab.header.bytes : slab.header.block_size;
    /* Blocks and free stretches leave no gap: one ends where the next one starts. */
    bool last = entry + 1 == size() || place_[entry + 1].window != place.window;
    uint64_t end = last ? window.end : indexOf(entry + 1);
    return (end - indexOf(entry)) << window.shift;
}

uint64_t Columns::sizeOf(const HeapMap &map, uint32_t entry) const
{
    if (!(place_[entry].flags & FITS))
        return spanOf(map, entry);
    const SlabInfo &slab = map.slabs[slabOf(entry)];
    uint64_t size = details_[entry].size;
    return slab.header.kind == SP_SLAB_LARGE
               ? size | static_cast<uint64_t>(slab.header.reciprocal) << 32
               : size;
}

uint32_t Columns::threadOf(const HeapMap &map, uint32_t entry) const
{
    return details_.empty() ? heapThread(map, map.slabs[slabOf(entry)]) : details_[entry].thread;
}

Row Columns::row(const HeapMap &map, uint32_t entry) const
{
    const Place &place = place_[entry];
    const SlabInfo &slab = map.slabs[slabOf(entry)];
    Row row{};
    row.address = startOf(map, entry);
    row.size = sizeOf(map, entry);
    row.requested = row.size;
    row.inUse = place.flags & LIVE;
    row.state = row.inUse                   ? BlockState::LIVE
                : place.flags & QUARANTINED ? BlockState::QUARANTINED
                : place.flags & KNOWN       ? BlockState::FREE
                                            : BlockState::UNUSED;
    row.damaged = place.flags & DAMAGED;
    row.type = entryType(slab, row.inUse);
    row.chunk = map.chunkOf(slab);
    row.thread = threadOf(map, entry);
    if (!details_.empty()) {
        const Detail &detail = details_[entry];
        row.address += static_cast<uint64_t>(detail.front) << 4;
        row.sequence = detail.sequence;
        row.age = ageOf(map, detail.sequence);
        row.stack = detail.stack;
        if (!(place.flags & FITS))
            row.requested = 0;
    }
    return row;
}

} // namespace spaces
