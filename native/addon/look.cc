/** Decoding one slab, and telling what it says about an address. */
#include "look.h"

#include <algorithm>

#include "decode.h"

namespace spaces {

namespace {

/** Of a slab's bytes that are read at once. */
constexpr uint64_t PART_BYTES = 256 << 10;

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
    SpDecodeResult result = decodeSlab(*decoder_, records_, map_, *slab);
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
    Found found{slab, sp_decode_find(decoder_.get(), records_.handle(), address, &interior), {}};
    records_.rethrow();
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
    uint64_t interior;
    uint64_t beside = step < 0 ? found.block.address - 1 : found.block.address + found.block.span;
    uint32_t index = sp_decode_find(decoder_.get(), records_.handle(), beside, &interior);
    records_.rethrow();
    if (index == SP_NO_BLOCK || index == found.index ||
        !sp_decode_block(decoder_.get(), index, &block))
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
        view.damage = walkerDamage(damage, map_.chunkOf(*found->slab), map_.root.pid);
    const SpBlock &block = found->block;
    view.from = block.address;
    view.length = block.span;
    view.front = block.user - block.address;
    view.known = map_.debug() && block.fits;
    view.start = std::min(start, block.span);
    view.bytes.resize(std::min(count, block.span - view.start));
    if (!view.bytes.empty() &&
        !memory_.read(block.address + view.start, view.bytes.data(), view.bytes.size()))
        view.bytes.clear();
    view.previous = neighbour(*found, -1, view.gapBefore);
    view.next = neighbour(*found, 1, view.gapAfter);
    return view;
}

SlabBlock Looker::cellOf(const SlabView &view, const SlabInfo &slab, uint32_t index,
                         const SpBlock &block)
{
    SpDamage damage;
    bool damaged =
        sp_check_block(decoder_.get(), blocks_.handle(), index, &damage) == SP_DECODE_DAMAGED;
    blocks_.rethrow();
    Row row = rowOf(map_, slab, block, damaged);
    return {row.address, block.address - view.address, block.span, row.size, row.state, damaged,
            false};
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
    uint64_t end = start + std::min(count, UINT64_MAX - start);
    foresee(memory_, *slab, map_.debug());
    eachWindow(d, records_, map_, *slab, [&](const SpDecoder &) {
        uint64_t place = view.total;
        view.total += d.blocks;
        if (place >= end || view.total <= start)
            return;
        bool loaded = slab->header.kind == SP_SLAB_LARGE;
        eachBlock(d, [&](uint32_t index) {
            SpBlock block;
            if (place >= start && place < end && sp_decode_block(&d, index, &block)) {
                uint64_t room = view.address + view.bytes - block.address;
                if (!loaded)
                    blocks_.load(block.address, std::min(room, PART_BYTES));
                loaded = true;
                view.blocks.push_back(cellOf(view, *slab, index, block));
            }
            place++;
        });
    });
    SpBlock last;
    if (slab->mixed())
        view.carved = static_cast<uint64_t>(slab->top) << d.mixed.shift;
    else if (d.blocks && sp_decode_block(&d, d.blocks - 1, &last))
        view.carved = last.address + last.span - view.address;
    return view;
}

} // namespace spaces
