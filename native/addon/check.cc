/** checkHeap: one decoder, one window for records and one for blocks, slab after slab. */
#include "check.h"

#include "decode.h"

namespace spaces {

namespace {

/** Blocks of at least this size are looked at in parts: most of their bytes are nobody's business.
 */
constexpr uint32_t PARTS_FROM = 4096;
/** Fewer free stretches than this are read one by one. */
constexpr uint32_t FEW_STRETCHES = 64;

class Checker {
public:
    Checker(Memory &memory, const HeapMap &map)
        : memory_(memory), map_(map), records_(memory), blocks_(memory),
          decoder_(std::make_unique<SpDecoder>())
    {
    }

    void checkSlab(size_t index, const Control &control)
    {
        const SlabInfo &slab = map_.slabs[index];
        SpDecoder &d = *decoder_;
        bool known = sp_decode_header(&d, &slab.header, slab.address) == SP_DECODE_DAMAGED;
        foresee(memory_, slab, map_.debug());
        fetchBlocks(slab, !map_.debug());
        Window &lists = map_.debug() || slab.mixed() ? records_ : blocks_;
        eachWindow(d, lists, map_, slab, [&](const SpDecoder &) {
            control.poll();
            if (d.result == SP_DECODE_UNREADABLE)
                unreadable(slab);
            if (d.damage.kind && d.damage.index == SP_NO_BLOCK && !known)
                result.damage.add(walkerDamage(d.damage, map_.chunkOf(slab), map_.root.pid));
            result.blocks += d.blocks;
            if (slab.mixed())
                fetchUnits(slab);
            if (map_.debug() || slab.mixed())
                eachBlock(d, [&](uint32_t block) { checkBlock(index, block); });
            else if (d.damage.kind && d.damage.index != SP_NO_BLOCK)
                checkBlock(index, d.damage.index);
        });
    }

    CheckResult result;

private:
    /** One read for the slab, where its blocks are small or where every read costs a round. */
    void fetchBlocks(const SlabInfo &slab, bool onlyLists)
    {
        const SpSlab &h = slab.header;
        if (!slab.blocks || h.kind == SP_SLAB_LARGE)
            return;
        if (onlyLists && h.free == SP_LINK_END && SP_REMOTE_HEAD(h.remote) == SP_LINK_END)
            return;
        if (h.block_size < PARTS_FROM || memory_.prefersWhole())
            blocks_.load(reinterpret_cast<uint64_t>(h.base),
                         static_cast<size_t>(slab.blocks) * h.block_size);
    }

    /** A mixed slab's window, where all of its bytes or many of its free stretches are looked at.
     */
    void fetchUnits(const SlabInfo &slab)
    {
        const SpDecoder &d = *decoder_;
        if (!map_.debug() && d.blocks - d.live < FEW_STRETCHES && !memory_.prefersWhole())
            return;
        if (d.blocks)
            blocks_.load(reinterpret_cast<uint64_t>(slab.header.base) +
                             (static_cast<uint64_t>(d.first) << d.mixed.shift),
                         static_cast<size_t>(d.end - d.first) << d.mixed.shift);
    }

    void checkBlock(size_t slab, uint32_t block)
    {
        SpDamage damage;
        SpDecodeResult checked = sp_check_block(decoder_.get(), blocks_.handle(), block, &damage);
        blocks_.rethrow();
        if (checked == SP_DECODE_OK)
            return;
        if (checked == SP_DECODE_UNREADABLE) {
            unreadable(map_.slabs[slab]);
            return;
        }
        result.damage.add(walkerDamage(damage, map_.chunkOf(map_.slabs[slab]), map_.root.pid));
        result.damaged.emplace_back(slab, block);
    }

    void unreadable(const SlabInfo &slab)
    {
        if (lastUnreadable_ == slab.address)
            return;
        lastUnreadable_ = slab.address;
        result.damage.add(
            metadataDamage("A slab", slab.address, sizeof(SpSlab), map_.chunkOf(slab),
                           "the blocks or records that its header names cannot be read"));
    }

    Memory &memory_;
    const HeapMap &map_;
    Window records_, blocks_;
    std::unique_ptr<SpDecoder> decoder_;
    uint64_t lastUnreadable_ = 0;
};

} // namespace

CheckResult checkHeap(Memory &memory, const HeapMap &map, uint64_t owner, Control &control)
{
    Checker checker(memory, map);
    for (const Damage &damage : map.damage.kept())
        if (!owner || damage.chunk == owner)
            checker.result.damage.add(damage);
    control.pass(map.slabs.size());
    for (size_t i = 0; i < map.slabs.size(); i++) {
        control.step();
        if (map.belongs(map.slabs[i], owner))
            checker.checkSlab(i, control);
    }
    memory.settle();
    return std::move(checker.result);
}

} // namespace spaces
