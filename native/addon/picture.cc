/** Drawing: every run of slabs is spread over the cells that it touches, in proportion. */
#include "picture.h"

#include <algorithm>

namespace spaces {

namespace {

uint64_t baseOf(const SlabInfo &slab)
{
    return reinterpret_cast<uint64_t>(slab.header.base);
}

/** The ranges that segments take, and those of blocks that lie in none. */
std::vector<Stretch> stretchesOf(const HeapMap &map)
{
    std::vector<Stretch> stretches;
    for (const SegmentInfo &segment : map.segments)
        stretches.push_back({0, segment.address, segment.slabs});
    size_t segment = 0;
    for (const SlabInfo &slab : map.slabs) {
        uint64_t from = baseOf(slab) & ~(SP_SLAB_SIZE - 1);
        while (segment < map.segments.size() &&
               from - map.segments[segment].address >= map.segments[segment].slabs
                                                           << SP_SLAB_SHIFT &&
               from > map.segments[segment].address)
            segment++;
        if (segment == map.segments.size() || from < map.segments[segment].address)
            stretches.push_back({0, from, (slab.end - from + SP_SLAB_SIZE - 1) >> SP_SLAB_SHIFT});
    }
    std::sort(stretches.begin(), stretches.end(),
              [](const Stretch &a, const Stretch &b) { return a.address < b.address; });
    uint64_t start = 0;
    for (Stretch &stretch : stretches) {
        stretch.start = start;
        start += stretch.slabs;
    }
    return stretches;
}

/** Slabs by what they are, to tell what most of them are. */
class Votes {
public:
    void add(uint64_t what, uint64_t slabs)
    {
        for (auto &[other, count] : votes_)
            if (other == what) {
                count += slabs;
                return;
            }
        votes_.emplace_back(what, slabs);
    }
    size_t size() const { return votes_.size(); }
    uint64_t most() const
    {
        return std::max_element(votes_.begin(), votes_.end(),
                                [](const auto &a, const auto &b) { return a.second < b.second; })
            ->first;
    }

private:
    std::vector<std::pair<uint64_t, uint64_t>> votes_;
};

struct Drawing {
    Votes chunks, kinds;
};

/** The share of `whole` that falls on [from, to) of `length`; shares of neighbours add up. */
uint64_t share(uint64_t whole, uint64_t from, uint64_t to, uint64_t length)
{
    auto upTo = [&](uint64_t end) {
        return static_cast<uint64_t>(static_cast<unsigned __int128>(whole) * end / length);
    };
    return upTo(to) - upTo(from);
}

} // namespace

SlabKind kindOf(const SlabInfo &slab)
{
    switch (slab.header.kind) {
    case SP_SLAB_SMALL:
        return SlabKind::SMALL;
    case SP_SLAB_SPAN:
        return SlabKind::SPAN;
    case SP_SLAB_LARGE:
        return SlabKind::LARGE;
    default:
        return SlabKind::MIXED;
    }
}

Picture draw(const HeapMap &map, const SlabFigures &figures, uint64_t owner, const Section &section)
{
    std::vector<Stretch> stretches = stretchesOf(map);
    Picture picture;
    if (!stretches.empty())
        picture.total = stretches.back().start + stretches.back().slabs;
    picture.start = std::min(section.start, picture.total);
    picture.count = std::min(section.count, picture.total - picture.start);
    if (!picture.count)
        return picture;
    uint64_t end = picture.start + picture.count;
    uint64_t width = std::max<uint64_t>(1, (picture.count + section.cells - 1) / section.cells);
    size_t stretch = 0;
    for (uint64_t at = picture.start; at < end; at += width) {
        while (stretches[stretch].start + stretches[stretch].slabs <= at)
            stretch++;
        uint64_t into = at - stretches[stretch].start;
        Cell cell{};
        cell.start = at;
        cell.count = std::min(width, end - at);
        cell.address = stretches[stretch].address + (into << SP_SLAB_SHIFT);
        cell.kind = cell.count == 1 && into == 0 ? SlabKind::HEADER : SlabKind::FREE;
        picture.cells.push_back(cell);
    }
    for (const Stretch &one : stretches)
        if (one.start >= picture.start && one.start < end)
            picture.stretches.push_back(one);
    std::vector<Drawing> drawings(picture.cells.size());
    uint64_t taken = 0;
    stretch = 0;
    for (size_t i = 0; i < map.slabs.size(); i++) {
        const SlabInfo &slab = map.slabs[i];
        uint64_t base = baseOf(slab) & ~(SP_SLAB_SIZE - 1);
        while (stretch < stretches.size() &&
               base - stretches[stretch].address >= stretches[stretch].slabs << SP_SLAB_SHIFT)
            stretch++;
        if (stretch == stretches.size())
            break;
        uint64_t first =
            stretches[stretch].start + ((base - stretches[stretch].address) >> SP_SLAB_SHIFT);
        uint64_t length =
            std::max<uint64_t>(1, (slab.end - base + SP_SLAB_SIZE - 1) >> SP_SLAB_SHIFT);
        uint64_t from = std::max(first, picture.start), to = std::min(first + length, end);
        bool counts = map.belongs(slab, owner), nested = baseOf(slab) < taken;
        taken = std::max(taken, slab.end);
        while (from < to) {
            size_t place = (from - picture.start) / width;
            Cell &cell = picture.cells[place];
            uint64_t stop = std::min(to, cell.start + cell.count);
            cell.used += nested ? 0 : stop - from;
            if (counts) {
                cell.live.count += share(figures.live[i].count, from - first, stop - first, length);
                cell.live.bytes += share(figures.live[i].bytes, from - first, stop - first, length);
            }
            if (!figures.hits.empty())
                cell.hits += share(figures.hits[i], from - first, stop - first, length);
            cell.damaged |= slab.damaged || figures.damaged[i];
            drawings[place].chunks.add(map.chunkOf(slab), stop - from);
            drawings[place].kinds.add(
                static_cast<uint64_t>(kindOf(slab)) << 32 | slab.header.block_size, stop - from);
            from = stop;
        }
    }
    for (size_t i = 0; i < drawings.size(); i++) {
        Cell &cell = picture.cells[i];
        cell.chunks = static_cast<uint32_t>(drawings[i].chunks.size());
        if (!cell.chunks)
            continue;
        cell.chunk = drawings[i].chunks.most();
        uint64_t kind = drawings[i].kinds.most();
        cell.kind = static_cast<SlabKind>(kind >> 32);
        cell.blockSize = kind & UINT32_MAX;
    }
    return picture;
}

} // namespace spaces
