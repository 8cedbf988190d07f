/** Answering the questions, each from what is already known where that is so. */
#include "session.h"

#include <algorithm>

#include "decode.h"

namespace spaces {

namespace {

/** Orders of entries that are kept: going back and forth between two tables costs nothing. */
constexpr size_t SELECTIONS = 3;

} // namespace

Session::Session(std::unique_ptr<Memory> memory, uint64_t root)
    : memory_(std::move(memory)), root_(root)
{
}

void Session::begin(uint64_t question)
{
    control_.begin(question);
    control_.poll();
    std::lock_guard<std::mutex> guard(inbox_);
    if (stale_) {
        memory_->invalidate();
        forget();
        stale_ = false;
    }
    for (auto &[address, bytes] : provided_)
        memory_->provide(address, std::move(bytes));
    provided_.clear();
}

void Session::invalidate()
{
    std::lock_guard<std::mutex> guard(inbox_);
    stale_ = true;
    provided_.clear();
}

void Session::provide(uint64_t address, std::vector<uint8_t> bytes)
{
    std::lock_guard<std::mutex> guard(inbox_);
    provided_.emplace_back(address, std::move(bytes));
}

void Session::close()
{
    control_.close();
}

void Session::release()
{
    forget();
    old_ = HeapMap{};
    snapshots_.clear();
}

void Session::forget()
{
    if (map_)
        old_ = std::move(*map_);
    leaks_.reset();
    selections_.clear();
    columns_.reset();
    map_.reset();
    live_.clear();
    slabLive_.clear();
    now_.reset();
    damaged_.clear();
}

std::vector<Range> Session::takeMissing()
{
    return memory_->takeMissing();
}

const HeapMap &Session::map()
{
    if (!map_)
        map_ = readHeapMap(*memory_, root_, control_, std::move(old_));
    return *map_;
}

Columns &Session::columns()
{
    const HeapMap &heap = map();
    if (!columns_) {
        columns_.emplace(*memory_, heap, control_);
        for (auto [slab, block] : damaged_)
            columns_->markDamaged(slab, block);
    }
    return *columns_;
}

const std::vector<Totals> &Session::liveBySlab()
{
    const HeapMap &heap = map();
    if (slabLive_.size() == heap.slabs.size())
        return slabLive_;
    std::vector<Totals> live(heap.slabs.size());
    Window records(*memory_);
    auto decoder = std::make_unique<SpDecoder>();
    control_.pass(heap.slabs.size());
    for (size_t i = 0; i < live.size(); i++) {
        control_.step();
        const SlabInfo &slab = heap.slabs[i];
        if (!heap.debug()) {
            live[i] = slab.live;
            continue;
        }
        /* Blocks held back after their free count as used in the header: ask the records. */
        foresee(*memory_, slab, true);
        eachWindow(*decoder, records, heap, slab, [&](const SpDecoder &d) {
            live[i].count += d.live;
            live[i].bytes += d.live_bytes;
        });
    }
    memory_->settle();
    slabLive_ = std::move(live);
    return slabLive_;
}

std::vector<Totals> Session::liveByHeap()
{
    const HeapMap &heap = map();
    std::vector<Totals> live(heap.heaps.size());
    if (!heap.debug()) {
        for (size_t i = 0; i < live.size(); i++)
            live[i] = heap.heaps[i].live;
        return live;
    }
    const std::vector<Totals> &slabs = liveBySlab();
    for (size_t i = 0; i < slabs.size(); i++) {
        if (heap.slabs[i].heap == NONE)
            continue;
        Totals &total = live[heap.slabs[i].heap];
        total.count += slabs[i].count;
        total.bytes += slabs[i].bytes;
    }
    return live;
}

Summary Session::summary()
{
    const HeapMap &heap = map();
    if (live_.empty())
        live_ = liveByHeap();
    return summarise(heap, live_);
}

Summary Session::summarise(const HeapMap &heap, const std::vector<Totals> &live) const
{
    Summary summary{heap.root, {}};
    for (const ChunkInfo &chunk : heap.chunks) {
        const SpChunk &c = chunk.fields;
        summary.chunks.push_back({chunk.address,
                                  c.kind,
                                  c.thread,
                                  chunk.damaged,
                                  0,
                                  c.footprint,
                                  chunk.address + offsetof(SpChunk, footprint),
                                  c.peak,
                                  {},
                                  c});
    }
    for (size_t i = 0; i < heap.heaps.size(); i++) {
        const HeapInfo &h = heap.heaps[i];
        Totals &total = summary.chunks[h.chunk].live;
        total.count += live[i].count;
        total.bytes += live[i].bytes;
        const ChunkInfo &chunk = heap.chunks[h.chunk];
        if (h.own || chunk.address != heap.root.default_chunk)
            continue;
        if (h.state != SP_HEAP_ACTIVE && !live[i].count && !h.damaged)
            continue;
        summary.chunks.push_back({h.address, SP_CHUNK_THREAD, h.thread, h.damaged, chunk.address,
                                  h.footprint, h.address + offsetof(SpHeap, footprint), h.footprint,
                                  live[i], chunk.fields});
    }
    return summary;
}

const Selection &Session::selection(const Query &query)
{
    auto found = std::find_if(selections_.begin(), selections_.end(),
                              [&](const Asked &asked) { return asked.query == query; });
    if (found != selections_.end()) {
        selections_.splice(selections_.begin(), selections_, found);
        return selections_.front().selection;
    }
    const HeapMap &heap = map();
    selections_.push_front({query, select(heap, columns(), query, control_)});
    if (selections_.size() > SELECTIONS)
        selections_.pop_back();
    return selections_.front().selection;
}

Page Session::entries(const Query &query, uint64_t start, uint64_t count)
{
    const Selection &chosen = selection(query);
    Page page{chosen.entries.size(), chosen.bytes, chosen.all, {}};
    uint64_t from = std::min<uint64_t>(start, chosen.entries.size());
    uint64_t end = from + std::min<uint64_t>(count, chosen.entries.size() - from);
    page.rows.reserve(end - from);
    for (uint64_t i = from; i < end; i++)
        page.rows.push_back(columns().row(map(), chosen.entries[i]));
    return page;
}

std::vector<Group> Session::groups(uint64_t chunk, GroupBy by)
{
    const HeapMap &heap = map();
    return group(heap, columns(), chunk, by, control_);
}

Checked Session::check(uint64_t chunk)
{
    CheckResult result = checkHeap(*memory_, map(), chunk, control_);
    if (columns_)
        for (auto [slab, block] : result.damaged)
            columns_->markDamaged(slab, block);
    damaged_.insert(damaged_.end(), result.damaged.begin(), result.damaged.end());
    selections_.remove_if([](const Asked &asked) { return asked.query.damaged; });
    return {result.blocks, result.damage.total(), result.damage.kept()};
}

Stacks Session::stacks(const std::vector<uint32_t> &ids)
{
    struct Raw {
        SpStack head;
        uint64_t more[SP_STACK_MAX_FRAMES - 1];
    };
    const SpRoot &root = map().root;
    uint64_t used = std::min(root.depot_used, root.depot_size);
    std::vector<Raw> raw(ids.size());
    std::vector<Piece> pieces;
    std::vector<size_t> which;
    for (size_t i = 0; i < ids.size(); i++) {
        uint64_t at = static_cast<uint64_t>(ids[i]) * SP_STACK_UNIT;
        if (!ids[i] || at >= used || used - at < sizeof(SpStack))
            continue;
        pieces.push_back(
            {root.depot + at, &raw[i], std::min<size_t>(sizeof(Raw), used - at), false});
        which.push_back(i);
    }
    memory_->read(pieces.data(), pieces.size());
    memory_->settle();
    Stacks stacks(ids.size());
    for (size_t p = 0; p < pieces.size(); p++) {
        const Raw &stack = raw[which[p]];
        size_t room = (pieces[p].length - offsetof(SpStack, frames)) / sizeof(uint64_t);
        if (!pieces[p].ok || stack.head.count > SP_STACK_MAX_FRAMES || stack.head.count > room)
            continue;
        const auto *frames = reinterpret_cast<const uint64_t *>(
            reinterpret_cast<const char *>(&stack) + offsetof(SpStack, frames));
        stacks[which[p]].assign(frames, frames + stack.head.count);
    }
    return stacks;
}

} // namespace spaces
