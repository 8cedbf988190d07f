/**
 * Two passes. From the roots: each block that a pointer leads to is looked through in turn, as many
 * of them at a time as one reading of memory serves. Then the blocks that were not reached: which
 * of them lead to which is read once, and the first in order of age takes with it all it leads to.
 */
#include "leaks.h"

#include <algorithm>

#include "heuristics.h"

namespace spaces {

namespace {

constexpr uint64_t WORD = sizeof(uint64_t);
constexpr uint64_t ADDRESS_END = uint64_t{1} << SP_ADDRESS_BITS;
/** Of memory that is looked through, at a time. */
constexpr uint64_t WINDOW_BYTES = uint64_t{1} << 20;
constexpr size_t BLOCKS_AT_ONCE = 1024;

enum class Mark : uint8_t { UNREACHED, POSSIBLE, REACHABLE };

/** Reads memory piece by piece and shows its words. What cannot be read is passed over. */
class WordReader {
public:
    WordReader(Memory &memory, Control &control)
        : memory_(memory), control_(control), words_(WINDOW_BYTES / WORD)
    {
    }

    /** Calls visit(word) for each aligned word of a range. */
    template <typename Visit>
    void range(uint64_t address, uint64_t length, bool sparse, Visit visit)
    {
        uint64_t end = std::min(address + length, ADDRESS_END) & ~(WORD - 1);
        address = (address + WORD - 1) & ~(WORD - 1);
        while (address < end) {
            control_.step();
            uint64_t next = std::min(end, (address / WINDOW_BYTES + 1) * WINDOW_BYTES);
            window(address, next, sparse, visit);
            address = next;
        }
    }

    struct Block {
        uint32_t id;
        uint64_t address, length;
    };

    /** Calls visit(id, word) for each aligned word of small blocks, which one window holds. */
    template <typename Visit> void blocks(const std::vector<Block> &blocks, Visit visit)
    {
        control_.step();
        pieces_.clear();
        size_t at = 0;
        for (const Block &block : blocks) {
            uint64_t from = (block.address + WORD - 1) & ~(WORD - 1);
            uint64_t end = (block.address + block.length) & ~(WORD - 1);
            size_t length = end > from ? end - from : 0;
            pieces_.push_back({from, &words_[at], length, false});
            at += length / WORD;
        }
        memory_.read(pieces_.data(), pieces_.size());
        for (size_t i = 0; i < blocks.size(); i++) {
            const auto *words = static_cast<const uint64_t *>(pieces_[i].to);
            if (!pieces_[i].ok)
                continue;
            for (size_t w = 0; w < pieces_[i].length / WORD; w++)
                visit(blocks[i].id, words[w]);
        }
    }

private:
    template <typename Visit> void window(uint64_t from, uint64_t to, bool sparse, Visit visit)
    {
        if (sparse) {
            there_.resize((to - 1) / PAGE_BYTES - from / PAGE_BYTES + 1);
            memory_.written(from, there_);
            for (size_t i = 0; i < there_.size();) {
                size_t run = i;
                while (run < there_.size() && there_[run] == there_[i])
                    run++;
                uint64_t first = std::max(from, (from / PAGE_BYTES + i) * PAGE_BYTES);
                uint64_t last = std::min(to, (from / PAGE_BYTES + run) * PAGE_BYTES);
                if (there_[i])
                    read(first, last, visit);
                i = run;
            }
            return;
        }
        read(from, to, visit);
    }

    template <typename Visit> void read(uint64_t from, uint64_t to, Visit visit)
    {
        if (memory_.read(from, words_.data(), to - from)) {
            for (uint64_t i = 0; i < (to - from) / WORD; i++)
                visit(words_[i]);
        } else if (from / PAGE_BYTES != (to - 1) / PAGE_BYTES) {
            /* Some of its pages may be there. */
            for (uint64_t at = from; at < to;) {
                uint64_t next = std::min(to, (at / PAGE_BYTES + 1) * PAGE_BYTES);
                read(at, next, visit);
                at = next;
            }
        }
    }

    Memory &memory_;
    Control &control_;
    std::vector<uint64_t> words_;
    std::vector<uint8_t> there_;
    std::vector<Piece> pieces_;
};

/** Blocks that are to be looked through, handed out in batches that one reading serves. */
template <typename Take, typename Visit>
void eachBatch(WordReader &reader, const LiveBlocks &blocks, const std::vector<Range> &holes,
               Take take, Visit visit)
{
    std::vector<WordReader::Block> batch;
    uint64_t bytes = 0;
    auto flush = [&] {
        if (!batch.empty())
            reader.blocks(batch, visit);
        batch.clear();
        bytes = 0;
    };
    for (;;) {
        uint32_t id = take();
        if (id == NONE) {
            if (batch.empty())
                return;
            flush();
            continue;
        }
        uint64_t start = blocks.start(id), length = blocks.bytes(id);
        if (length > WINDOW_BYTES / 4 || !holes.empty()) {
            /* An area in a block is looked through block by block. */
            subtract(start, length, holes, [&](uint64_t from, uint64_t part) {
                reader.range(from, part, false, [&](uint64_t word) { visit(id, word); });
            });
            continue;
        }
        if (batch.size() == BLOCKS_AT_ONCE || bytes + length + WORD > WINDOW_BYTES)
            flush();
        batch.push_back({id, start, length});
        bytes += length + WORD;
    }
}

class Tracer {
public:
    Tracer(Memory &memory, const LiveBlocks &blocks, const Roots &roots, bool exact,
           Control &control)
        : blocks_(blocks), heuristics_(memory, blocks, roots, exact), reader_(memory, control),
          marks_(blocks.size(), Mark::UNREACHED)
    {
    }

    /** A pointer that the program holds, or that a block of this mark does. */
    void point(uint64_t pointer, bool definite)
    {
        uint32_t block = blocks_.find(pointer);
        if (block == NONE)
            return;
        Mark &mark = marks_[block];
        if (mark == Mark::REACHABLE || (mark == Mark::POSSIBLE && !definite))
            return;
        bool whole = definite && (pointer == blocks_.start(block) ||
                                  heuristics_.standsForStart(block, pointer));
        if (!whole && mark == Mark::POSSIBLE)
            return;
        mark = whole ? Mark::REACHABLE : Mark::POSSIBLE;
        waiting_.push_back(block);
    }

    /** Somebody beside the program's pointers holds the block. */
    void reach(uint32_t block)
    {
        if (marks_[block] != Mark::REACHABLE)
            waiting_.push_back(block);
        marks_[block] = Mark::REACHABLE;
    }

    void fromRoots(const RootWords &roots)
    {
        for (uint64_t word : roots.words)
            point(word, true);
        for (const RootWords::Piece &piece : roots.pieces)
            reader_.range(piece.address, piece.length, piece.sparse,
                          [&](uint64_t word) { point(word, true); });
    }

    void follow(const std::vector<Range> &areas)
    {
        eachBatch(
            reader_, blocks_, areas,
            [&] {
                if (waiting_.empty())
                    return NONE;
                uint32_t block = waiting_.back();
                waiting_.pop_back();
                return block;
            },
            [&](uint32_t from, uint64_t word) { point(word, marks_[from] == Mark::REACHABLE); });
    }

    const std::vector<Mark> &marks() const { return marks_; }

private:
    const LiveBlocks &blocks_;
    Heuristics heuristics_;
    WordReader reader_;
    std::vector<Mark> marks_;
    std::vector<uint32_t> waiting_;
};

/** The lost blocks, numbered in order of age, and which of them lead to which. */
class Lost {
public:
    Lost(Memory &memory, const LiveBlocks &blocks, std::vector<uint32_t> order,
         const std::vector<Range> &areas, Control &control)
        : order_(std::move(order)), first_(order_.size() + 1), lead_(order_.size(), NONE),
          with_(order_.size())
    {
        std::vector<uint32_t> number(blocks.size(), NONE);
        for (uint32_t i = 0; i < order_.size(); i++)
            number[order_[i]] = i;
        WordReader reader(memory, control);
        uint32_t next = 0, from = NONE;
        eachBatch(
            reader, blocks, areas, [&] { return next < order_.size() ? order_[next++] : NONE; },
            [&](uint32_t block, uint64_t word) {
                uint32_t to = blocks.find(word);
                if (to == NONE || number[to] == NONE || to == block)
                    return;
                /* Blocks come in order, but for those that are read alone. */
                if (number[block] != from) {
                    from = number[block];
                    edges_.push_back({from, number[to]});
                } else if (edges_.back().second != number[to]) {
                    edges_.push_back({from, number[to]});
                }
            });
        if (!std::is_sorted(edges_.begin(), edges_.end()))
            std::sort(edges_.begin(), edges_.end());
        size_t edge = 0;
        for (uint32_t i = 0; i <= order_.size(); i++) {
            while (edge < edges_.size() && edges_[edge].first < i)
                edge++;
            first_[i] = edge;
        }
        for (uint32_t i = 0; i < order_.size(); i++)
            if (lead_[i] == NONE)
                lead(blocks, i);
    }

    uint32_t size() const { return static_cast<uint32_t>(order_.size()); }
    uint32_t block(uint32_t lost) const { return order_[lost]; }
    bool leads(uint32_t lost) const { return lead_[lost] == NONE; }
    const Totals &with(uint32_t lost) const { return with_[lost]; }

private:
    /** What a block leads to is lost with it, what was lost with that too. */
    void lead(const LiveBlocks &blocks, uint32_t leader)
    {
        std::vector<uint32_t> &waiting = waiting_;
        waiting.assign(1, leader);
        while (!waiting.empty()) {
            uint32_t from = waiting.back();
            waiting.pop_back();
            for (size_t e = first_[from]; e < first_[from + 1]; e++) {
                uint32_t to = edges_[e].second;
                if (to == leader || lead_[to] != NONE)
                    continue;
                lead_[to] = leader;
                with_[leader].count += 1 + with_[to].count;
                with_[leader].bytes += blocks.bytes(order_[to]) + with_[to].bytes;
                with_[to] = {};
                waiting.push_back(to);
            }
        }
    }

    std::vector<uint32_t> order_;
    std::vector<std::pair<uint32_t, uint32_t>> edges_;
    std::vector<size_t> first_;
    /** The block it is lost with; NONE: it leads. */
    std::vector<uint32_t> lead_;
    std::vector<Totals> with_;
    std::vector<uint32_t> waiting_;
};

/** Has all that will be looked through asked for at once, where each answer costs a round. */
void foreseeAll(Memory &memory, const LiveBlocks &blocks, const RootWords &roots)
{
    if (!memory.prefersWhole())
        return;
    std::vector<uint8_t> bytes(WINDOW_BYTES);
    auto ask = [&](uint64_t address, uint64_t length) {
        for (uint64_t at = address, end = address + length; at < end; at += WINDOW_BYTES)
            memory.read(at, bytes.data(), std::min(WINDOW_BYTES, end - at));
    };
    for (const RootWords::Piece &piece : roots.pieces)
        ask(piece.address, piece.length);
    for (uint32_t block = 0; block < blocks.size(); block++)
        ask(blocks.start(block), blocks.bytes(block));
    memory.settle();
}

/** Areas, whose blocks are looked through one by one, and which keep alive what they lie in. */
std::vector<Range> areasOf(const HeapMap &map)
{
    std::vector<Range> areas;
    for (const SlabInfo &slab : map.slabs) {
        auto base = reinterpret_cast<uint64_t>(slab.header.base);
        if (slab.area() && slab.end > base)
            areas.push_back({base, slab.end - base});
    }
    std::sort(areas.begin(), areas.end(),
              [](const Range &a, const Range &b) { return a.address < b.address; });
    return areas;
}

} // namespace

Leaks::Leaks(Memory &memory, const HeapMap &map, const Columns &columns, const Roots &roots,
             Control &control)
    : blocks_(map, columns, control)
{
    RootWords words = rootWords(memory, map, roots);
    std::vector<Range> areas = map.nested ? areasOf(map) : std::vector<Range>{};
    foreseeAll(memory, blocks_, words);
    uint64_t live = 0;
    for (uint32_t block = 0; block < blocks_.size(); block++)
        live += blocks_.bytes(block);
    control.pass((words.bytes + live) / WINDOW_BYTES + words.pieces.size() + 1);

    Tracer tracer(memory, blocks_, roots, map.debug(), control);
    tracer.fromRoots(words);
    for (uint32_t block = 0; block < blocks_.size(); block++) {
        const SlabInfo &slab = map.slabs[columns.slabOf(blocks_.entry(block))];
        /* Another process may hold what is shared. */
        if (slab.heap != NONE &&
            map.chunks[map.heaps[slab.heap].chunk].fields.kind == SP_CHUNK_SHARED)
            tracer.reach(block);
    }
    for (const Range &area : areas)
        for (uint32_t block = blocks_.find(area.address); block != NONE;
             block = blocks_.outer(block))
            if (blocks_.bytes(block) >= area.length)
                tracer.reach(block);
    tracer.follow(areas);
    memory.settle();

    reach_.resize(blocks_.size());
    indirect_.resize(blocks_.size());
    std::vector<uint32_t> lost;
    for (uint32_t block = 0; block < blocks_.size(); block++) {
        Mark mark = tracer.marks()[block];
        reach_[block] = mark == Mark::REACHABLE ? Reach::REACHABLE : Reach::POSSIBLE;
        if (mark == Mark::UNREACHED)
            lost.push_back(block);
    }
    if (map.debug())
        std::stable_sort(lost.begin(), lost.end(), [&](uint32_t a, uint32_t b) {
            return columns.sequenceOf(blocks_.entry(a)) < columns.sequenceOf(blocks_.entry(b));
        });
    Lost found(memory, blocks_, std::move(lost), areas, control);
    memory.settle();
    for (uint32_t i = 0; i < found.size(); i++) {
        uint32_t block = found.block(i);
        reach_[block] = found.leads(i) ? Reach::DEFINITE : Reach::INDIRECT;
        indirect_[block] = found.with(i);
    }
}

} // namespace spaces
