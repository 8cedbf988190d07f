/** Packing blocks, unpacking them, and walking two snapshots side by side. */
#include "snapshot.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace spaces {

namespace {

/** Blocks between two looks at whether to go on. */
constexpr uint64_t POLL_EVERY = 1u << 16;
/** Memory is taken in steps of this, so that packing does not copy what is packed again and again.
 */
constexpr size_t FIRST_BYTES_PER_BLOCK = 9;

struct OwnerHash {
    size_t operator()(const Owner &owner) const
    {
        uint64_t h = owner.heap * UINT64_C(0x9e3779b97f4a7c15) ^ owner.chunk;
        return (h ^ h >> 29) + owner.thread * UINT64_C(0xbf58476d1ce4e5b9) + owner.type;
    }
};

/** Totals of each key, found quickly: neighbours in memory often have the same one. */
class Changes {
public:
    Change &operator[](uint64_t key)
    {
        if (last_ == nullptr || lastKey_ != key) {
            last_ = &found_[key];
            lastKey_ = key;
        }
        return *last_;
    }

    std::vector<Change> take()
    {
        std::vector<Change> changes;
        changes.reserve(found_.size());
        for (auto &[key, change] : found_) {
            change.key = static_cast<double>(key);
            changes.push_back(change);
        }
        std::sort(changes.begin(), changes.end(),
                  [](const Change &a, const Change &b) { return a.key < b.key; });
        return changes;
    }

private:
    std::unordered_map<uint64_t, Change> found_;
    Change *last_ = nullptr;
    uint64_t lastKey_ = 0;
};

void add(Totals &totals, uint64_t size)
{
    totals.count++;
    totals.bytes += size;
}

/** All entries by address, where slab by slab is another order; else none. */
std::vector<uint32_t> order(const HeapMap &map, const Columns &columns)
{
    std::vector<uint32_t> entries(map.nested ? columns.size() : 0);
    std::iota(entries.begin(), entries.end(), 0);
    std::stable_sort(entries.begin(), entries.end(), [&](uint32_t a, uint32_t b) {
        return columns.startOf(map, a) < columns.startOf(map, b);
    });
    return entries;
}

/** One side of a comparison: its next block of the wanted owner. */
class Side {
public:
    Side(const Snapshot &snapshot, uint64_t owner, GroupBy by)
        : snapshot_(snapshot), cursor_(snapshot), owner_(owner), by_(by)
    {
        next();
    }

    bool there() const { return there_; }
    const Kept &block() const { return block_; }

    void next()
    {
        do
            there_ = cursor_.next(block_);
        while (there_ && owner_ && !wanted());
    }

    uint64_t key() const
    {
        switch (by_) {
        case GroupBy::SIZE:
            return block_.size;
        case GroupBy::TYPE:
            return snapshot_.owner(block_.owner).type;
        case GroupBy::THREAD:
            return snapshot_.owner(block_.owner).thread;
        case GroupBy::CHUNK:
            return snapshot_.owner(block_.owner).chunk;
        default:
            return block_.stack;
        }
    }

private:
    bool wanted() const
    {
        const Owner &owner = snapshot_.owner(block_.owner);
        return owner.chunk == owner_ || owner.heap == owner_;
    }

    const Snapshot &snapshot_;
    Snapshot::Cursor cursor_;
    uint64_t owner_;
    GroupBy by_;
    Kept block_{};
    bool there_ = false;
};

} // namespace

Snapshot::Snapshot(const HeapMap &map, const Columns &columns, Control &control)
{
    std::unordered_map<Owner, uint32_t, OwnerHash> places;
    Kept last{};
    uint32_t place = 0;
    packed_.reserve(static_cast<size_t>(columns.size()) * FIRST_BYTES_PER_BLOCK);
    control.pass(map.slabs.size());
    auto keep = [&](uint32_t entry) {
        if (!columns.inUse(entry))
            return;
        const SlabInfo &slab = map.slabs[columns.slabOf(entry)];
        Row row = columns.row(map, entry);
        Owner own{row.chunk, slab.heap == NONE ? 0 : map.heaps[slab.heap].address, row.thread,
                  row.type};
        if (owners_.empty() || !(own == owners_[place])) {
            auto [found, added] = places.try_emplace(own, static_cast<uint32_t>(owners_.size()));
            if (added)
                owners_.push_back(own);
            place = found->second;
        }
        put(row.address - last.address);
        put(row.size);
        putDifference(static_cast<int64_t>(row.stack) - last.stack);
        putDifference(static_cast<int64_t>(row.sequence - last.sequence));
        put(place);
        last = {row.address, row.size, row.sequence, row.stack, place};
        count_++;
        bytes_ += row.size;
    };
    uint32_t polled = 0;
    for (uint32_t entry : order(map, columns)) {
        if (++polled % POLL_EVERY == 0)
            control.poll();
        keep(entry);
    }
    for (size_t slab = 0; slab < map.slabs.size() && !map.nested; slab++) {
        control.step();
        for (uint32_t entry = columns.first(slab); entry < columns.first(slab + 1); entry++)
            keep(entry);
    }
    packed_.shrink_to_fit();
}

size_t Snapshot::memory() const
{
    return sizeof *this + packed_.capacity() + owners_.capacity() * sizeof(Owner);
}

void Snapshot::put(uint64_t number)
{
    while (number >= 0x80) {
        packed_.push_back(static_cast<uint8_t>(number | 0x80));
        number >>= 7;
    }
    packed_.push_back(static_cast<uint8_t>(number));
}

/** Small differences of either sign become small numbers. */
void Snapshot::putDifference(int64_t difference)
{
    put(static_cast<uint64_t>(difference) << 1 ^ static_cast<uint64_t>(difference >> 63));
}

Snapshot::Cursor::Cursor(const Snapshot &snapshot)
    : at_(snapshot.packed_.data()), end_(at_ + snapshot.packed_.size())
{
}

uint64_t Snapshot::Cursor::number()
{
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *at_++;
        number |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return number;
    }
}

int64_t Snapshot::Cursor::difference()
{
    uint64_t folded = number();
    return static_cast<int64_t>(folded >> 1) ^ -static_cast<int64_t>(folded & 1);
}

bool Snapshot::Cursor::next(Kept &block)
{
    if (at_ == end_)
        return false;
    last_.address += number();
    last_.size = number();
    last_.stack = static_cast<uint32_t>(last_.stack + difference());
    last_.sequence += static_cast<uint64_t>(difference());
    last_.owner = static_cast<uint32_t>(number());
    block = last_;
    return true;
}

std::vector<Change> compare(const Snapshot &before, const Snapshot &after, uint64_t owner,
                            GroupBy by, Control &control)
{
    Changes changes;
    Side old(before, owner, by), now(after, owner, by);
    control.pass(before.count() + after.count());
    for (uint64_t n = 0; old.there() || now.there(); n++) {
        if (n % POLL_EVERY == 0)
            control.poll();
        bool sameBlock = old.there() && now.there() && old.block().address == now.block().address &&
                         old.block().sequence == now.block().sequence &&
                         old.block().size == now.block().size;
        if (sameBlock) {
            add(changes[old.key()].before, old.block().size);
            add(changes[now.key()].after, now.block().size);
            old.next();
            now.next();
        } else if (!now.there() || (old.there() && old.block().address <= now.block().address)) {
            Change &change = changes[old.key()];
            add(change.before, old.block().size);
            add(change.freed, old.block().size);
            old.next();
        } else {
            Change &change = changes[now.key()];
            add(change.after, now.block().size);
            add(change.allocated, now.block().size);
            now.next();
        }
    }
    return changes.take();
}

} // namespace spaces
