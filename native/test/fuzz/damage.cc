/*
 * damage.cc - the reader on a heap of which some bytes are changed: the root,
 * chunks, segment and slab headers, what is known of mixed slabs and their
 * bitmaps, records, links and blocks. Whatever they say, each question ends, and
 * stays within what it was given (built with sanitizers). The heap is this
 * process's own, and is not touched: the changed bytes are seen by the reader
 * alone.
 *
 * An input is a list of changes: what (1 byte), where (3 bytes), value (1 byte).
 */
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include "../../addon/session.h"
#include "../../include/spaces.h"
#include "fuzz.h"

extern "C" {
extern SpRoot spaces_heap_root;
}

namespace {

using spaces::Piece;

/** This process as it would be with some bytes changed. */
class Changed : public spaces::Memory {
public:
    explicit Changed(const std::map<uint64_t, uint8_t> &changes) : changes_(changes) {}

    using Memory::read;
    void read(Piece *pieces, size_t count) override
    {
        for (size_t i = 0; i < count; i++) {
            Piece &piece = pieces[i];
            iovec to{piece.to, piece.length};
            iovec from{reinterpret_cast<void *>(piece.address), piece.length};
            read_ += piece.length;
            if (read_ > MOST_READ)
                fuzz_fail("the reader has read %zu bytes of a small heap", read_);
            piece.ok = process_vm_readv(getpid(), &to, 1, &from, 1, 0) ==
                       static_cast<ssize_t>(piece.length);
            if (piece.ok)
                overlay(piece);
        }
    }
    bool prefersWhole() const override { return false; }

private:
    /** Of one input: the heap has some megabytes, and is gone through a dozen times. */
    static constexpr size_t MOST_READ = size_t{8} << 30;

    void overlay(Piece &piece) const
    {
        for (auto it = changes_.lower_bound(piece.address);
             it != changes_.end() && it->first - piece.address < piece.length; ++it)
            static_cast<uint8_t *>(piece.to)[it->first - piece.address] = it->second;
    }

    const std::map<uint64_t, uint8_t> &changes_;
    size_t read_ = 0;
};

/** Memory that a change may hit. */
struct Range {
    uint64_t address;
    uint64_t length;
};

struct Heap {
    std::vector<Range> root, chunks, segments, headers, mixed, bitmaps, records, blocks;
    std::vector<uint64_t> pointers;
};

uint64_t number(const void *pointer)
{
    return reinterpret_cast<uint64_t>(pointer);
}

void fill(SpacesChunk chunk, uint32_t seed, Heap &heap)
{
    std::vector<void *> blocks;
    for (int i = 0; i < 400; i++) {
        seed = seed * 1664525 + 1013904223;
        size_t size = 1 + (seed >> 8) % (i % 50 ? 500 : 30000);
        if (void *block = spaces_chunk_alloc(chunk, size, 0))
            blocks.push_back(block);
    }
    for (size_t i = 0; i < blocks.size(); i++)
        if (i % 3 == 0)
            spaces_chunk_free(blocks[i]);
        else if (i % 7 == 0)
            heap.pointers.push_back(number(blocks[i]));
}

void addSlab(const SpSlab &slab, Heap &heap)
{
    if (slab.kind == SP_SLAB_UNUSED || slab.kind == SP_SLAB_PART || slab.kind == SP_SLAB_RESERVED ||
        !slab.heap)
        return;
    heap.headers.push_back({number(&slab), sizeof slab});
    uint64_t blocks = slab.carved;
    if (slab.kind == SP_SLAB_MIXED) {
        const SpMixed &mixed = *slab.mixed;
        uint64_t map = (mixed.top / 64 + 1) * 8;
        heap.mixed.push_back({number(&mixed), offsetof(SpMixed, level_map)});
        heap.bitmaps.push_back({number(&mixed) + mixed.starts_at, map});
        heap.bitmaps.push_back({number(&mixed) + mixed.live_at, map});
        blocks = SP_MIXED_RECORD(static_cast<uint64_t>(mixed.top) << mixed.shift);
        heap.blocks.push_back(
            {number(slab.base), (static_cast<uint64_t>(mixed.top) << mixed.shift) + 1});
    } else {
        heap.blocks.push_back({number(slab.base), slab.kind == SP_SLAB_LARGE
                                                      ? slab.bytes
                                                      : blocks * slab.block_size + 1});
    }
    if (slab.records && blocks)
        heap.records.push_back({number(slab.records), blocks * sizeof(SpRecord)});
}

/** Chunks of every kind, with blocks in use and free, and where all that is known of them lies. */
Heap build()
{
    static char area[1 << 20];
    Heap heap;
    fill(spaces_chunk_create(0), 1, heap);
    fill(spaces_chunk_create(SPACES_CHUNK_SERIALIZE), 2, heap);
    fill(spaces_chunk_create_fixed(96, 20, 0), 3, heap);
    fill(spaces_chunk_create_area(area, sizeof area, 0), 4, heap);
    for (SpacesSmallAllocator algorithm : {SPACES_SMALL_NONE, SPACES_SMALL_V3}) {
        SpacesChunk packed = spaces_chunk_create(0);
        spaces_chunk_set_small_allocator(packed, algorithm);
        fill(packed, 5 + algorithm, heap);
    }
    const SpRoot &root = spaces_heap_root;
    heap.root.push_back({number(&root), sizeof root});
    auto segments = reinterpret_cast<const uint64_t *>(root.segments);
    auto chunks = reinterpret_cast<const uint64_t *>(root.chunks);
    heap.root.push_back({root.segments, root.segment_count * 8});
    heap.root.push_back({root.chunks, root.chunk_count * 8});
    for (uint64_t i = 0; i < root.chunk_count; i++)
        if (chunks[i]) {
            auto chunk = reinterpret_cast<const SpChunk *>(chunks[i]);
            heap.chunks.push_back({chunks[i], sizeof(SpChunk)});
            addSlab(chunk->area, heap);
        }
    for (uint64_t i = 0; i < root.segment_count; i++)
        if (segments[i]) {
            auto segment = reinterpret_cast<const SpSegment *>(segments[i]);
            heap.segments.push_back({segments[i], 80});
            for (const SpSlab &slab : segment->slabs)
                addSlab(slab, heap);
        }
    return heap;
}

std::map<uint64_t, uint8_t> changes(const Heap &heap, FuzzInput &in)
{
    const std::vector<Range> *all[] = {&heap.root,    &heap.chunks,  &heap.segments, &heap.headers,
                                       &heap.headers, &heap.mixed,   &heap.mixed,    &heap.bitmaps,
                                       &heap.records, &heap.bitmaps, &heap.blocks};
    std::map<uint64_t, uint8_t> changes;
    /* Few of them, so that a question gets beyond the first. */
    for (unsigned n = 1 + fuzz_byte(&in) % 12; n && in.at < in.size; n--) {
        const std::vector<Range> &ranges = *all[fuzz_byte(&in) % (sizeof all / sizeof all[0])];
        uint32_t where = fuzz_word(&in) | static_cast<uint32_t>(fuzz_byte(&in)) << 16;
        uint8_t value = fuzz_byte(&in);
        if (ranges.empty())
            continue;
        const Range &range = ranges[where % ranges.size()];
        changes[range.address + where / ranges.size() % range.length] = value;
    }
    return changes;
}

template <typename Ask> void question(Ask ask)
{
    try {
        ask();
    } catch (const spaces::ReaderError &error) {
        if (!error.what()[0] || !error.code()[0])
            fuzz_fail("an error that says nothing");
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Heap heap = build();
    FuzzInput in{data, size, 0};
    auto changed = changes(heap, in);
    spaces::Session session(std::make_unique<Changed>(changed), number(&spaces_heap_root));
    auto begin = [&] { session.begin(session.control().ask()); };
    question([&] {
        begin();
        spaces::Summary summary = session.summary();
        if (summary.chunks.size() > SP_MAX_CHUNKS)
            fuzz_fail("more chunks than there can be");
    });
    question([&] {
        begin();
        spaces::Query query;
        query.state = spaces::State::ALL;
        query.sort = spaces::SortBy::SIZE;
        spaces::Page page = session.entries(query, fuzz_word(&in), 200);
        if (page.rows.size() > 200)
            fuzz_fail("more entries than were asked for");
    });
    question([&] {
        begin();
        session.groups(0, spaces::GroupBy::STACK);
    });
    question([&] {
        begin();
        spaces::Checked checked = session.check(0);
        for (const spaces::Damage &damage : checked.damage)
            if (damage.message.empty() || !damage.kind[0])
                fuzz_fail("damage that is not told");
    });
    question([&] {
        begin();
        std::vector<uint64_t> addresses{heap.pointers[fuzz_word(&in) % heap.pointers.size()],
                                        fuzz_word(&in) * UINT64_C(0x100000001)};
        for (uint64_t address : addresses) {
            session.locate({address});
            session.block(address, fuzz_byte(&in), 100);
            session.slab(address, std::nullopt, fuzz_byte(&in), 100);
        }
    });
    question([&] {
        begin();
        session.picture(0, std::nullopt, {0, 1000, 100});
    });
    return 0;
}
