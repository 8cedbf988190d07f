/** Session's answers beside lists: addresses, blocks, pictures, snapshots, and the running heap. */
#include <algorithm>
#include <cstring>

#include "session.h"
#include "virtual_tables.h"

namespace spaces {

namespace {

/** Of memory that is searched, at a time. */
constexpr uint64_t SEARCH_BYTES = uint64_t{1} << 20;
constexpr uint64_t WORD = sizeof(uint64_t);

} // namespace

std::vector<Location> Session::locate(const std::vector<uint64_t> &addresses)
{
    Looker looker(*memory_, map());
    std::vector<Location> locations;
    locations.reserve(addresses.size());
    for (uint64_t address : addresses) {
        control_.poll();
        locations.push_back(looker.locate(address));
    }
    memory_->settle();
    return locations;
}

BlockView Session::block(uint64_t address, uint64_t start, uint64_t count)
{
    BlockView view = Looker(*memory_, map()).block(address, start, count);
    memory_->settle();
    return view;
}

SlabView Session::slab(uint64_t address, const std::optional<Query> &find, uint64_t start,
                       uint64_t count)
{
    const HeapMap &heap = map();
    SlabView view = Looker(*memory_, heap).slab(address, start, count);
    memory_->settle();
    const SlabInfo *slab = find ? heap.find(address) : nullptr;
    if (!slab)
        return view;
    const Columns &all = columns();
    uint32_t first = all.first(static_cast<size_t>(slab - heap.slabs.data()));
    bool wanted = heap.belongs(*slab, find->chunk);
    for (size_t i = 0; i < view.blocks.size(); i++)
        view.blocks[i].hit =
            wanted && matches(heap, all, *find, first + static_cast<uint32_t>(start + i));
    return view;
}

Picture Session::picture(uint64_t owner, const std::optional<Query> &find, const Section &section)
{
    const HeapMap &heap = map();
    SlabFigures figures;
    figures.live = liveBySlab();
    figures.damaged.resize(heap.slabs.size());
    for (const auto &[slab, block] : damaged_)
        figures.damaged[slab] = true;
    if (find) {
        figures.hits.resize(heap.slabs.size());
        const Columns &all = columns();
        for (uint32_t entry : selection(*find).entries)
            figures.hits[all.slabOf(entry)]++;
    }
    return draw(heap, figures, owner, section);
}

Taken Session::snapshot()
{
    uint32_t id = ++lastSnapshot_;
    const Snapshot &taken =
        snapshots_.emplace(id, Snapshot(map(), columns(), control_)).first->second;
    return {id, {taken.count(), taken.bytes()}, snapshotMemory()};
}

bool Session::drop(uint32_t id)
{
    return snapshots_.erase(id) > 0;
}

uint64_t Session::snapshotMemory() const
{
    uint64_t bytes = 0;
    for (const auto &[id, snapshot] : snapshots_)
        bytes += snapshot.memory();
    return bytes;
}

const Snapshot &Session::kept(uint32_t id)
{
    if (id == 0) {
        if (!now_)
            now_.emplace(map(), columns(), control_);
        return *now_;
    }
    auto found = snapshots_.find(id);
    if (found == snapshots_.end())
        throw ReaderError("SPACES_SNAPSHOT",
                          "There is no snapshot " + std::to_string(id) + " any more.");
    return found->second;
}

std::vector<Change> Session::diff(uint32_t from, uint32_t to, uint64_t owner, GroupBy by)
{
    return compare(kept(from), kept(to), owner, by, control_);
}

Summary Session::gauges()
{
    HeapMap heap = readHeapMap(*memory_, root_, control_);
    std::vector<Totals> live;
    live.reserve(heap.heaps.size());
    for (const HeapInfo &one : heap.heaps)
        live.push_back(one.live);
    Summary summary = summarise(heap, live);
    /* Blocks that are held back count as used in the headers. */
    for (ChunkRow &chunk : summary.chunks)
        if (!chunk.parent)
            chunk.live.count -= std::min(chunk.live.count, chunk.fields.quarantined);
    return summary;
}

std::vector<Hit> Session::search(const std::vector<Range> &ranges, std::vector<uint64_t> words,
                                 size_t most)
{
    std::vector<std::pair<uint64_t, uint32_t>> wanted;
    for (size_t i = 0; i < words.size(); i++)
        wanted.emplace_back(words[i], static_cast<uint32_t>(i));
    std::sort(wanted.begin(), wanted.end());
    std::vector<Hit> hits;
    std::vector<uint8_t> bytes(SEARCH_BYTES);
    if (wanted.empty())
        return hits;
    for (const Range &range : ranges) {
        uint64_t end = range.address + range.length;
        for (uint64_t at = (range.address + WORD - 1) & ~(WORD - 1); at + WORD <= end;) {
            control_.poll();
            uint64_t length = std::min(SEARCH_BYTES, end - at) & ~(WORD - 1);
            if (memory_->read(at, bytes.data(), length)) {
                for (uint64_t place = 0; place < length; place += WORD) {
                    uint64_t word;
                    std::memcpy(&word, bytes.data() + place, WORD);
                    if (word < wanted.front().first || word > wanted.back().first)
                        continue;
                    auto found = std::lower_bound(wanted.begin(), wanted.end(),
                                                  std::make_pair(word, uint32_t{0}));
                    if (found != wanted.end() && found->first == word && hits.size() < most)
                        hits.push_back({at + place, found->second});
                }
            }
            at += length;
        }
    }
    memory_->settle();
    return hits;
}

LeakReport Session::leaks(const Roots &roots, uint64_t owner, uint32_t since)
{
    const HeapMap &heap = map();
    const Columns &all = columns();
    if (!leaks_)
        leaks_.emplace(*memory_, heap, all, roots, control_);
    return leaks_->report(heap, all, owner, since ? &kept(since) : nullptr, control_);
}

std::vector<uint64_t> Session::tables(const std::vector<uint64_t> &blocks, const Roots &files)
{
    VirtualTables tables(*memory_, files.constants, files.code);
    return tablesOf(*memory_, blocks, tables);
}

} // namespace spaces
