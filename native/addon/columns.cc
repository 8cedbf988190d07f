/** Filling the columns, and reading them back as rows. */
#include "columns.h"

#include <algorithm>

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
    row.stack = block.alloc_stack;
    return row;
}

Columns::Columns(Memory &memory, const HeapMap &map, Control &control)
{
    uint64_t total = 0;
    for (const SlabInfo &slab : map.slabs)
        total += slab.blocks;
    if (total >= UINT32_MAX)
        throw ReaderError("SPACES_DAMAGED",
                          "The heap has more blocks than this reader can number (" +
                              std::to_string(total) + ").");
    place_.resize(total);
    if (map.debug())
        details_.resize(total);
    first_.reserve(map.slabs.size() + 1);
    Window window(memory);
    auto decoder = std::make_unique<SpDecoder>();
    uint32_t entry = 0;
    control.pass(map.slabs.size());
    for (size_t i = 0; i < map.slabs.size(); i++) {
        control.step();
        const SlabInfo &slab = map.slabs[i];
        first_.push_back(entry);
        if (!map.debug() && memory.prefersWhole() && slab.header.kind != SP_SLAB_LARGE &&
            slab.blocks)
            window.load(baseOf(slab), static_cast<size_t>(slab.blocks) * slab.header.block_size);
        sp_decode_slab(decoder.get(), window.handle(), &slab.header, slab.address, map.debug());
        window.rethrow();
        entry += fill(*decoder, static_cast<uint32_t>(i), entry);
    }
    first_.push_back(entry);
    place_.resize(entry);
    details_.resize(map.debug() ? entry : 0);
    memory.settle();
}

uint32_t Columns::fill(const SpDecoder &decoder, uint32_t slab, uint32_t entry)
{
    Place *place = place_.data() + entry;
    Detail *detail = details_.data() + entry;
    for (uint32_t index = 0; index < decoder.blocks; index++) {
        SpBlock block;
        sp_decode_block(&decoder, index, &block);
        uint8_t flags = (block.in_use ? LIVE : 0) | (block.state != SP_RECORD_NEVER ? KNOWN : 0) |
                        (block.state == SP_RECORD_QUARANTINED ? QUARANTINED : 0);
        *place++ = {slab, static_cast<uint16_t>(index), flags};
        if (decoder.debug)
            *detail++ = {block.sequence, static_cast<uint32_t>(block.size), block.alloc_stack,
                         block.thread, static_cast<uint16_t>((block.user - block.address) >> 4)};
    }
    if (decoder.damage.kind && decoder.damage.index < decoder.blocks)
        place_[entry + decoder.damage.index].flags |= DAMAGED;
    return decoder.blocks;
}

uint64_t Columns::sizeOf(const HeapMap &map, uint32_t entry) const
{
    const Place &place = place_[entry];
    const SlabInfo &slab = map.slabs[place.slab];
    if (details_.empty())
        return spanOf(slab);
    uint64_t size = details_[entry].size;
    if (slab.header.kind != SP_SLAB_LARGE)
        return size;
    /* Without a front redzone the record was not believed, and the size is the whole block's. */
    return details_[entry].front ? size | static_cast<uint64_t>(slab.header.reciprocal) << 32
                                 : spanOf(slab);
}

uint32_t Columns::threadOf(const HeapMap &map, uint32_t entry) const
{
    return details_.empty() ? heapThread(map, map.slabs[place_[entry].slab])
                            : details_[entry].thread;
}

Row Columns::row(const HeapMap &map, uint32_t entry) const
{
    const Place &place = place_[entry];
    const SlabInfo &slab = map.slabs[place.slab];
    Row row{};
    row.address = baseOf(slab) +
                  place.index * static_cast<uint64_t>(
                                    slab.header.kind == SP_SLAB_LARGE ? 0 : slab.header.block_size);
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
        if (!(place.flags & KNOWN) || !detail.front)
            row.requested = 0;
    }
    return row;
}

} // namespace spaces
