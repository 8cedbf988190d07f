/** Adding up what was found, by class, chunk and allocation stack. */
#include <algorithm>
#include <unordered_map>

#include "leaks.h"

namespace spaces {

namespace {

/** Blocks between two looks at whether to go on. */
constexpr uint32_t POLL_EVERY = 1u << 16;
constexpr size_t EXAMPLES = 8;

struct Key {
    uint64_t chunk, size;
    uint32_t stack;
    Reach reach;

    bool operator==(const Key &other) const
    {
        return chunk == other.chunk && size == other.size && stack == other.stack &&
               reach == other.reach;
    }
};

struct KeyHash {
    size_t operator()(const Key &key) const
    {
        uint64_t h = (key.chunk ^ key.size << 20 ^ static_cast<uint64_t>(key.stack) << 2 ^
                      static_cast<uint64_t>(key.reach)) *
                     UINT64_C(0x9e3779b97f4a7c15);
        return h ^ h >> 29;
    }
};

void add(Totals &totals, const Totals &more)
{
    totals.count += more.count;
    totals.bytes += more.bytes;
}

/** A walk through a snapshot beside one through the blocks, both by address. */
class Before {
public:
    explicit Before(const Snapshot *snapshot)
    {
        if (snapshot) {
            cursor_.emplace(*snapshot);
            there_ = cursor_->next(block_);
        }
    }

    /** Whether the snapshot has this block; addresses ascend. */
    bool has(uint64_t address, uint64_t size, uint64_t sequence)
    {
        while (there_ && block_.address < address)
            there_ = cursor_->next(block_);
        return there_ && block_.address == address && block_.size == size &&
               block_.sequence == sequence;
    }

private:
    std::optional<Snapshot::Cursor> cursor_;
    Kept block_{};
    bool there_ = false;
};

/** Live blocks by stack, or by size where there are no stacks: how many more than before. */
class Growth {
public:
    void now(uint64_t key) { grown_[key]++; }
    void before(const Snapshot &snapshot, bool stacks)
    {
        Kept block;
        for (Snapshot::Cursor cursor(snapshot); cursor.next(block);)
            grown_[stacks ? block.stack : block.size]--;
    }
    int64_t of(uint64_t key) const
    {
        auto found = grown_.find(key);
        return found == grown_.end() ? 0 : found->second;
    }

private:
    std::unordered_map<uint64_t, int64_t> grown_;
};

} // namespace

LeakReport Leaks::report(const HeapMap &map, const Columns &columns, uint64_t owner,
                         const Snapshot *since, Control &control) const
{
    LeakReport report{};
    std::unordered_map<Key, size_t, KeyHash> places;
    Before before(since);
    Growth growth;
    bool stacks = map.debug();
    for (uint32_t block = 0; block < blocks_.size(); block++) {
        if (block % POLL_EVERY == 0)
            control.poll();
        uint32_t entry = blocks_.entry(block);
        const SlabInfo &slab = map.slabs[columns.slabOf(entry)];
        uint64_t size = blocks_.bytes(block);
        uint32_t stack = columns.stackOf(entry);
        bool old = before.has(blocks_.start(block), size, columns.sequenceOf(entry));
        if (since)
            growth.now(stacks ? stack : size);
        if (!map.belongs(slab, owner))
            continue;
        Key key{map.chunkOf(slab), stacks ? 0 : size, stack, reach_[block]};
        auto [place, added] = places.try_emplace(key, report.records.size());
        if (added)
            report.records.push_back({key.reach, stack, key.size, key.chunk, {}, {}, {}, 0, {}});
        LeakRecord &record = report.records[place->second];
        add(record.own, {1, size});
        add(record.indirect, indirect_[block]);
        if (since && !old)
            add(record.young, {1, size});
        if (record.examples.size() < EXAMPLES)
            record.examples.push_back(blocks_.start(block));
        add(report.classes[static_cast<size_t>(key.reach)], {1, size});
    }
    if (since) {
        growth.before(*since, stacks);
        for (LeakRecord &record : report.records)
            record.grown = growth.of(stacks ? record.stack : record.size);
    }
    std::stable_sort(report.records.begin(), report.records.end(),
                     [](const LeakRecord &a, const LeakRecord &b) {
                         uint64_t x = a.own.bytes + a.indirect.bytes;
                         uint64_t y = b.own.bytes + b.indirect.bytes;
                         return x != y ? x > y : a.reach < b.reach;
                     });
    return report;
}

} // namespace spaces
