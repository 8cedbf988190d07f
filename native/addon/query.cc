/** Filtering slab by slab, sorting by radix, grouping by hash. */
#include "query.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace spaces {

namespace {

/** A sort key beside its entry. */
struct Keyed {
    uint64_t key;
    uint32_t entry;
};

constexpr unsigned DIGIT_BITS = 11;
constexpr size_t DIGITS = size_t{1} << DIGIT_BITS;

/** Stable, least digit first; digits that are the same everywhere cost nothing. */
void radixSort(std::vector<Keyed> &items, Control &control)
{
    uint64_t differ = 0;
    for (const Keyed &item : items)
        differ |= item.key ^ items.front().key;
    std::vector<Keyed> other;
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if (!(differ >> shift & (DIGITS - 1)))
            continue;
        control.poll();
        std::array<size_t, DIGITS> start{};
        for (const Keyed &item : items)
            start[item.key >> shift & (DIGITS - 1)]++;
        size_t sum = 0;
        for (size_t &n : start) {
            size_t count = n;
            n = sum;
            sum += count;
        }
        other.resize(items.size());
        for (const Keyed &item : items)
            other[start[item.key >> shift & (DIGITS - 1)]++] = item;
        items.swap(other);
    }
}

/** Calls `visit` with each entry of the wanted chunk, and its slab. */
template <typename Visit>
void forEach(const HeapMap &map, const Columns &columns, uint64_t chunk, Control &control,
             Visit visit)
{
    for (size_t slab = 0; slab < map.slabs.size(); slab++) {
        if (!map.belongs(map.slabs[slab], chunk))
            continue;
        control.poll();
        for (uint32_t entry = columns.first(slab); entry < columns.first(slab + 1); entry++)
            visit(entry, map.slabs[slab]);
    }
}

uint64_t sortKey(const HeapMap &map, const Columns &columns, SortBy by, uint32_t entry)
{
    switch (by) {
    case SortBy::SIZE:
        return columns.sizeOf(map, entry);
    case SortBy::AGE: /* the youngest has the highest number */
        return ~columns.sequenceOf(entry);
    case SortBy::SITE:
        return columns.stackOf(entry);
    default: /* of entries of nested slabs the order is another */
        return map.nested ? columns.startOf(map, entry) : entry;
    }
}

} // namespace

bool matches(const HeapMap &map, const Columns &columns, const Query &query, uint32_t entry)
{
    if (query.state != State::ALL && columns.inUse(entry) != (query.state == State::LIVE))
        return false;
    if (query.minSize > 0 || query.maxSize) {
        auto size = static_cast<double>(columns.sizeOf(map, entry));
        if (size < query.minSize || (query.maxSize && size > *query.maxSize))
            return false;
    }
    if (query.address && !columns.holds(map, entry, *query.address))
        return false;
    if (query.stacks &&
        !std::binary_search(query.stacks->begin(), query.stacks->end(), columns.stackOf(entry)))
        return false;
    if (query.thread && columns.threadOf(map, entry) != *query.thread)
        return false;
    if (query.type && columns.row(map, entry).type != *query.type)
        return false;
    return !query.damaged || columns.isDamaged(entry);
}

Selection select(const HeapMap &map, const Columns &columns, const Query &query, Control &control)
{
    Selection selection;
    std::vector<uint32_t> &entries = selection.entries;
    forEach(map, columns, query.chunk, control, [&](uint32_t entry, const SlabInfo &) {
        if (query.state == State::ALL || columns.inUse(entry) == (query.state == State::LIVE))
            selection.all++;
        if (!matches(map, columns, query, entry))
            return;
        entries.push_back(entry);
        selection.bytes += columns.sizeOf(map, entry);
    });
    if (query.sort == SortBy::ADDRESS && !map.nested) {
        if (query.descending)
            std::reverse(entries.begin(), entries.end());
        return selection;
    }
    std::vector<Keyed> keyed;
    keyed.reserve(entries.size());
    for (uint32_t entry : entries) {
        uint64_t key = sortKey(map, columns, query.sort, entry);
        keyed.push_back({query.descending ? ~key : key, entry});
    }
    if (!keyed.empty())
        radixSort(keyed, control);
    for (size_t i = 0; i < keyed.size(); i++)
        entries[i] = keyed[i].entry;
    return selection;
}

std::vector<Group> group(const HeapMap &map, const Columns &columns, uint64_t chunk, GroupBy by,
                         Control &control)
{
    std::unordered_map<uint64_t, Totals> found;
    forEach(map, columns, chunk, control, [&](uint32_t entry, const SlabInfo &slab) {
        if (!columns.inUse(entry))
            return;
        uint64_t size = columns.sizeOf(map, entry), key = 0;
        switch (by) {
        case GroupBy::STACK:
            key = columns.stackOf(entry);
            break;
        case GroupBy::SIZE:
            key = size;
            break;
        case GroupBy::TYPE:
            key = slab.header.kind == SP_SLAB_LARGE          ? SP_BLOCK_EXTERNAL
                  : (slab.header.flags & SP_SLAB_FIXED) != 0 ? SP_BLOCK_FIXED
                                                             : SP_BLOCK_VARIABLE;
            break;
        case GroupBy::THREAD:
            key = columns.threadOf(map, entry);
            break;
        case GroupBy::CHUNK:
            key = map.chunkOf(slab);
            break;
        }
        Totals &totals = found[key];
        totals.count++;
        totals.bytes += size;
    });
    std::vector<Group> groups;
    groups.reserve(found.size());
    for (const auto &[key, totals] : found)
        groups.push_back({static_cast<double>(key), totals.count, totals.bytes});
    std::sort(groups.begin(), groups.end(), [](const Group &a, const Group &b) {
        return a.bytes != b.bytes ? a.bytes > b.bytes : a.key < b.key;
    });
    return groups;
}

} // namespace spaces
