/** Decoding one slab, and telling what it says about an address. */
#include "look.h"

#include <algorithm>

namespace spaces {

namespace {

uint64_t baseOf(const SlabInfo &slab)
{
    return reinterpret_cast<uint64_t>(slab.header.base);
}

} // namespace

Looker::Looker(Memory &memory, const HeapMap &map)
    : memory_(memory), map_(map), records_(memory), blocks_(memory),
      decoder_(std::make_unique<SpDecoder>())
{
}

bool Looker::decode(const SlabInfo *slab)
{
    if (slab == decoded_)
        return true;
    decoded_ = nullptr;
    SpDecodeResult result = sp_decode_slab(decoder_.get(), records_.handle(), &slab->header,
                                           slab->address, map_.debug());
    records_.rethrow();
    if (result == SP_DECODE_UNREADABLE)
        return false;
    decoded_ = slab;
    return true;
}

std::optional<Looker::Found> Looker::find(uint64_t address)
{
    const SlabInfo *slab = map_.find(address);
    if (!slab || !decode(slab))
        return std::nullopt;
    uint64_t interior;
    Found found{slab, sp_block_index(&slab->header, address, &interior), {}};
    if (found.index == SP_NO_BLOCK || !sp_decode_block(decoder_.get(), found.index, &found.block))
        return std::nullopt;
    return found;
}

Location Looker::describe(uint64_t address, const Found &found, bool damaged)
{
    Location location{address};
    location.row = rowOf(map_, *found.slab, found.block, damaged);
    location.offset = static_cast<int64_t>(address - location.row.address);
    location.verdict = !location.row.inUse    ? Verdict::FREE
                       : location.offset == 0 ? Verdict::LIVE
                                              : Verdict::INTERIOR;
    location.freeStack = location.row.inUse ? 0 : found.block.free_stack;
    location.freeThread = location.row.inUse ? 0 : found.block.free_thread;
    return location;
}

Location Looker::locate(uint64_t address)
{
    auto found = find(address);
    if (!found)
        return Location{address};
    SpDamage damage;
    bool damaged = sp_check_block(decoder_.get(), blocks_.handle(), found->index, &damage) ==
                   SP_DECODE_DAMAGED;
    blocks_.rethrow();
    return describe(address, *found, damaged);
}

/** The block before or after; `gap` is what lies between. */
std::optional<Row> Looker::neighbour(const Found &found, int step, uint64_t &gap)
{
    SpBlock block;
    uint32_t index = found.index + static_cast<uint32_t>(step);
    if ((step < 0 && found.index == 0) || !sp_decode_block(decoder_.get(), index, &block))
        return std::nullopt;
    const SpBlock &first = step < 0 ? block : found.block;
    const SpBlock &second = step < 0 ? found.block : block;
    gap = second.address - (first.address + first.span);
    return rowOf(map_, *found.slab, block, false);
}

BlockView Looker::block(uint64_t address, uint64_t start, uint64_t count)
{
    BlockView view;
    view.location.address = address;
    auto found = find(address);
    if (!found)
        return view;
    SpDamage damage;
    SpDecodeResult checked =
        sp_check_block(decoder_.get(), blocks_.handle(), found->index, &damage);
    blocks_.rethrow();
    view.location = describe(address, *found, checked == SP_DECODE_DAMAGED);
    if (checked == SP_DECODE_DAMAGED)
        view.damage = walkerDamage(damage, &found->block, map_.chunkOf(*found->slab));
    const SpBlock &block = found->block;
    view.from = block.address;
    view.length = block.span;
    view.front = block.user - block.address;
    view.known = map_.debug() && block.state != SP_RECORD_NEVER && view.front >= SP_REDZONE;
    view.start = std::min(start, block.span);
    view.bytes.resize(std::min(count, block.span - view.start));
    if (!view.bytes.empty() &&
        !memory_.read(block.address + view.start, view.bytes.data(), view.bytes.size()))
        view.bytes.clear();
    view.previous = neighbour(*found, -1, view.gapBefore);
    view.next = neighbour(*found, 1, view.gapAfter);
    return view;
}

SlabView Looker::slab(uint64_t address, uint64_t start, uint64_t count)
{
    SlabView view;
    view.address = address & ~(SP_SLAB_SIZE - 1);
    view.bytes = SP_SLAB_SIZE;
    const SlabInfo *slab = map_.find(address);
    if (!slab)
        return view;
    view.address = baseOf(*slab);
    view.bytes = slab->end - view.address;
    view.kind = kindOf(*slab);
    view.blockSize = slab->header.block_size;
    view.chunk = map_.chunkOf(*slab);
    view.thread = slab->heap == NONE ? 0 : map_.heaps[slab->heap].thread;
    view.damaged = slab->damaged;
    if (!decode(slab)) {
        view.damaged = true;
        return view;
    }
    SpDecoder &d = *decoder_;
    view.total = d.blocks;
    uint64_t end = std::min<uint64_t>(d.blocks, start + std::min<uint64_t>(count, d.blocks));
    SpBlock block;
    if (d.blocks && sp_decode_block(&d, d.blocks - 1, &block))
        view.carved = block.address + block.span - view.address;
    if (start < end && slab->header.kind != SP_SLAB_LARGE)
        blocks_.load(view.address, view.carved);
    for (uint64_t index = start; index < end; index++) {
        if (!sp_decode_block(&d, static_cast<uint32_t>(index), &block))
            break;
        SpDamage damage;
        bool damaged = sp_check_block(&d, blocks_.handle(), static_cast<uint32_t>(index),
                                      &damage) == SP_DECODE_DAMAGED;
        blocks_.rethrow();
        Row row = rowOf(map_, *slab, block, damaged);
        view.blocks.push_back({row.address, block.address - view.address, block.span, row.size,
                               row.state, damaged, false});
    }
    return view;
}

} // namespace spaces
