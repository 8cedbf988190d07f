/** Answering the questions, each from what is already known where that is so. */
#include "session.h"

#include <algorithm>

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
        release();
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
    selections_.clear();
    columns_.reset();
    map_.reset();
    live_.clear();
    damaged_.clear();
}

std::vector<Range> Session::takeMissing()
{
    return memory_->takeMissing();
}

const HeapMap &Session::map()
{
    if (!map_)
        map_ = readHeapMap(*memory_, root_, control_);
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

std::vector<Totals> Session::liveByHeap()
{
    const HeapMap &heap = map();
    std::vector<Totals> live(heap.heaps.size());
    if (!heap.debug()) {
        for (size_t i = 0; i < live.size(); i++)
            live[i] = heap.heaps[i].live;
        return live;
    }
    /* Blocks held back after their free count as used in the headers: ask the records. */
    Window records(*memory_);
    auto decoder = std::make_unique<SpDecoder>();
    control_.pass(heap.slabs.size());
    for (const SlabInfo &slab : heap.slabs) {
        control_.step();
        if (slab.heap == NONE)
            continue;
        sp_decode_slab(decoder.get(), records.handle(), &slab.header, slab.address, true);
        records.rethrow();
        live[slab.heap].count += decoder->live;
        live[slab.heap].bytes += decoder->live_bytes;
    }
    memory_->settle();
    return live;
}

Summary Session::summary()
{
    const HeapMap &heap = map();
    if (live_.empty())
        live_ = liveByHeap();
    Summary summary{heap.root, {}};
    for (const ChunkInfo &chunk : heap.chunks) {
        const SpChunk &c = chunk.fields;
        summary.chunks.push_back(
            {chunk.address, c.kind, c.thread, chunk.damaged, 0, c.footprint, c.peak, {}, c});
    }
    for (size_t i = 0; i < heap.heaps.size(); i++) {
        const HeapInfo &h = heap.heaps[i];
        Totals &total = summary.chunks[h.chunk].live;
        total.count += live_[i].count;
        total.bytes += live_[i].bytes;
        const ChunkInfo &chunk = heap.chunks[h.chunk];
        if (h.own || chunk.address != heap.root.default_chunk)
            continue;
        if (h.state != SP_HEAP_ACTIVE && !live_[i].count && !h.damaged)
            continue;
        summary.chunks.push_back({h.address, SP_CHUNK_THREAD, h.thread, h.damaged, chunk.address,
                                  h.footprint, h.footprint, live_[i], chunk.fields});
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

Location Session::locate(uint64_t address)
{
    const HeapMap &heap = map();
    Location wild{"wild", {}, 0};
    const SlabInfo *slab = heap.find(address);
    if (!slab)
        return wild;
    Window records(*memory_), blocks(*memory_);
    auto decoder = std::make_unique<SpDecoder>();
    sp_decode_slab(decoder.get(), records.handle(), &slab->header, slab->address, heap.debug());
    records.rethrow();
    memory_->settle();
    uint64_t interior;
    uint32_t index = sp_block_index(&slab->header, address, &interior);
    SpBlock block;
    if (index == SP_NO_BLOCK || !sp_decode_block(decoder.get(), index, &block))
        return wild;
    SpDamage damage;
    bool damaged =
        sp_check_block(decoder.get(), blocks.handle(), index, &damage) == SP_DECODE_DAMAGED;
    blocks.rethrow();
    memory_->settle();
    Row row = rowOf(heap, *slab, block, damaged);
    auto offset = static_cast<int64_t>(address - row.address);
    const char *verdict = !row.inUse ? "free" : offset == 0 ? "live" : "interior";
    return {verdict, {row}, offset};
}

Checked Session::check(uint64_t chunk)
{
    CheckResult result = checkHeap(*memory_, map(), chunk, control_);
    if (columns_)
        for (auto [slab, block] : result.damaged)
            columns_->markDamaged(slab, block);
    damaged_.insert(damaged_.end(), result.damaged.begin(), result.damaged.end());
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
