#include "live_blocks.h"

#include <algorithm>

namespace spaces {

namespace {

/** A gap between blocks that begins a new cluster. */
constexpr uint64_t GAP = uint64_t{4} << 20;
constexpr unsigned LEAST_SHIFT = 9;
/** Blocks between two looks at whether to go on. */
constexpr uint32_t POLL_EVERY = 1u << 16;

} // namespace

LiveBlocks::LiveBlocks(const HeapMap &map, const Columns &columns, Control &control)
{
    for (uint32_t entry = 0; entry < columns.size(); entry++) {
        if (entry % POLL_EVERY == 0)
            control.poll();
        if (columns.inUse(entry))
            entry_.push_back(entry);
    }
    if (map.nested)
        std::stable_sort(entry_.begin(), entry_.end(), [&](uint32_t a, uint32_t b) {
            return columns.addressOf(map, a) < columns.addressOf(map, b);
        });
    start_.reserve(entry_.size());
    bytes_.reserve(entry_.size());
    uint64_t reach = 0;
    uint32_t first = 0;
    for (uint32_t block = 0; block < entry_.size(); block++) {
        start_.push_back(columns.addressOf(map, entry_[block]));
        bytes_.push_back(std::min(columns.sizeOf(map, entry_[block]), UINT64_MAX - start_[block]));
        if (block > first && start_[block] > reach && start_[block] - reach > GAP) {
            addCluster(first, block, reach);
            first = block;
        }
        reach = std::max(reach, endOf(block));
    }
    if (first < size())
        addCluster(first, size(), reach);
    if (!clusters_.empty()) {
        lowest_ = clusters_.front().from;
        highest_ = clusters_.back().to;
    }
    if (map.nested)
        findOuter();
}

void LiveBlocks::findOuter()
{
    std::vector<uint32_t> open;
    outer_.resize(size(), NONE);
    for (uint32_t block = 0; block < size(); block++) {
        while (!open.empty() && endOf(open.back()) <= start_[block])
            open.pop_back();
        if (!open.empty())
            outer_[block] = open.back();
        open.push_back(block);
    }
}

void LiveBlocks::addCluster(uint32_t first, uint32_t end, uint64_t to)
{
    Cluster cluster{start_[first], to, first, end, LEAST_SHIFT, stretch_.size()};
    /* No more stretches than a few a block, so that the table's size follows the blocks'. */
    uint64_t most = uint64_t{8} * (end - first) + 1024;
    while ((cluster.to - cluster.from) >> cluster.shift > most)
        cluster.shift++;
    uint64_t stretches = ((cluster.to - cluster.from) >> cluster.shift) + 1;
    uint32_t block = first;
    for (uint64_t i = 0; i < stretches; i++) {
        uint64_t from = cluster.from + (i << cluster.shift);
        while (block < end && start_[block] < from)
            block++;
        stretch_.push_back(block);
    }
    clusters_.push_back(cluster);
}

uint32_t LiveBlocks::search(uint64_t address) const
{
    auto after = std::upper_bound(clusters_.begin(), clusters_.end(), address,
                                  [](uint64_t a, const Cluster &c) { return a < c.from; });
    if (after == clusters_.begin())
        return NONE;
    const Cluster &cluster = *--after;
    if (address >= cluster.to)
        return NONE;
    uint64_t place = (address - cluster.from) >> cluster.shift;
    uint32_t low = stretch_[cluster.table + place];
    uint64_t last = (cluster.to - cluster.from) >> cluster.shift;
    uint32_t high = place < last ? stretch_[cluster.table + place + 1] : cluster.end;
    /* The last block that starts at or before the address. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (start_[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == cluster.first)
        return NONE;
    /* Behind the end of a block in another one: that one may go on. */
    for (uint32_t block = low - 1; block != NONE; block = outer(block))
        if (address < endOf(block))
            return block;
    return NONE;
}

} // namespace spaces
