/**
 * Reading a HeapMap. Three stages, each one or two batches of reads: the root and its tables;
 * chunks and segment headers; the heaps that slabs and chunks name. Nothing read is believed:
 * tables are clamped, headers are compared with cookies, and what does not fit is told and left
 * out.
 */
#include "heap_map.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

namespace spaces {

namespace {

constexpr uint64_t ADDRESS_END = uint64_t{1} << SP_ADDRESS_BITS;
/** Of a segment: its own fields, and its slabs' headers. */
constexpr size_t SEGMENT_HEADER =
    offsetof(SpSegment, slabs) + SP_SLABS_PER_SEGMENT * sizeof(SpSlab);
constexpr size_t SEGMENTS_AT_ONCE = 256;
/** A chunk's list of heaps that is longer has a cycle or worse. */
constexpr size_t MAX_HEAPS = 1u << 16;

uint64_t number(const void *pointer)
{
    return reinterpret_cast<uint64_t>(pointer);
}

bool plausible(uint64_t address, uint64_t alignment)
{
    return address != 0 && address < ADDRESS_END && address % alignment == 0;
}

class Builder {
public:
    Builder(Memory &memory, Control &control, HeapMap old)
        : memory_(memory), control_(control), decoder_(std::make_unique<SpDecoder>())
    {
        /* Fresh memory for as much costs more than reading it. */
        map_.buffer = std::move(old.buffer);
        map_.slabs = std::move(old.slabs);
        map_.slabs.clear();
    }

    HeapMap build(uint64_t rootAddress)
    {
        readRoot(rootAddress);
        if (map_.initialised) {
            auto segments = readTable("The table of segments", map_.root.segments,
                                      map_.root.segment_count, SP_MAX_SEGMENTS);
            auto chunks = readTable("The table of chunks", map_.root.chunks, map_.root.chunk_count,
                                    SP_MAX_CHUNKS);
            memory_.settle();
            readChunks(chunks);
            readSegments(segments);
            addAreas();
            memory_.settle();
            readMixed();
            memory_.settle();
            readHeaps();
            memory_.settle();
            readParcels();
            memory_.settle();
            own();
        }
        return std::move(map_);
    }

private:
    void readRoot(uint64_t address)
    {
        SpRoot &root = map_.root;
        bool readable = memory_.read(address, &root, sizeof root);
        memory_.settle();
        if (!readable || root.magic != SP_ROOT_MAGIC)
            throw ReaderError("SPACES_NO_HEAP",
                              "There is no Spaces heap at " + hexAddress(address) +
                                  (readable ? ": the bytes there are something else."
                                            : ": nothing can be read there."));
        if (root.layout_version != SP_LAYOUT_VERSION)
            throw ReaderError("SPACES_VERSION",
                              "The program's allocator lays out its heap in version " +
                                  std::to_string(root.layout_version) +
                                  ", this reader understands version " +
                                  std::to_string(SP_LAYOUT_VERSION) +
                                  ": use the library that came with this extension.");
        if (root.size != sizeof root)
            throw ReaderError("SPACES_DAMAGED",
                              "The heap's root at " + hexAddress(address) +
                                  " is damaged: it names a size of " + std::to_string(root.size) +
                                  " bytes in place of " + std::to_string(sizeof root) + ".");
        if (root.checksum == 0)
            return;
        if (root.checksum != sp_root_checksum(&root))
            throw ReaderError("SPACES_DAMAGED", "The heap's root at " + hexAddress(address) +
                                                    " is damaged: it fails its checksum.");
        map_.initialised = true;
    }

    std::vector<uint64_t> readTable(const char *what, uint64_t address, uint64_t count,
                                    uint64_t most)
    {
        if (count > most || !plausible(address, sizeof(uint64_t))) {
            map_.damage.add(
                metadataDamage(what, address, 0, 0, "its length or address is out of range"));
            return {};
        }
        std::vector<uint64_t> entries(count);
        if (count && !memory_.read(address, entries.data(), count * sizeof(uint64_t))) {
            map_.damage.add(
                metadataDamage(what, address, count * sizeof(uint64_t), 0, "it cannot be read"));
            return {};
        }
        return entries;
    }

    /* ---- chunks ---- */

    void readChunks(const std::vector<uint64_t> &table)
    {
        std::vector<uint32_t> indices;
        for (uint32_t i = 0; i < table.size(); i++) {
            if (!table[i])
                continue;
            if (!plausible(table[i], 8)) {
                map_.damage.add(metadataDamage("A chunk", table[i], 0, 0,
                                               "the table of chunks names an impossible address"));
                continue;
            }
            map_.chunks.push_back({table[i], {}, false, {}});
            indices.push_back(i);
        }
        std::vector<Piece> pieces;
        for (ChunkInfo &chunk : map_.chunks)
            pieces.push_back({chunk.address, &chunk.fields, sizeof chunk.fields, false});
        memory_.read(pieces.data(), pieces.size());
        std::vector<ChunkInfo> sound;
        for (size_t i = 0; i < pieces.size(); i++) {
            ChunkInfo &chunk = map_.chunks[i];
            if (pieces[i].ok) {
                validate(chunk, indices[i]);
                sound.push_back(chunk);
            } else {
                map_.damage.add(metadataDamage("A chunk", chunk.address, sizeof(SpChunk),
                                               chunk.address, "it cannot be read"));
            }
        }
        map_.chunks = std::move(sound);
        for (uint32_t i = 0; i < map_.chunks.size(); i++)
            chunkAt_.emplace(map_.chunks[i].address, i);
    }

    void validate(ChunkInfo &chunk, uint32_t index)
    {
        SpChunk &c = chunk.fields;
        const char *flaw = nullptr;
        if (c.magic != SP_CHUNK_MAGIC)
            flaw = "its magic number was overwritten";
        else if (c.cookie != (chunk.address ^ map_.root.cookie))
            flaw = "its cookie was overwritten";
        else if (c.index != index && c.index != 0) /* 0 until its place is found */
            flaw = "it names another place in the table of chunks";
        else if (c.kind < SP_CHUNK_DEFAULT || c.kind > SP_CHUNK_SHARED)
            flaw = "its kind is none there is";
        else if (c.own.chunk != nullptr && number(c.own.chunk) != chunk.address)
            flaw = "its own heap names another chunk";
        chunk.damaged = flaw != nullptr || c.status != 0;
        if (flaw)
            map_.damage.add(
                metadataDamage("A chunk", chunk.address, sizeof(SpChunk), chunk.address, flaw));
        if (c.kind < SP_CHUNK_DEFAULT || c.kind > SP_CHUNK_SHARED)
            c.kind =
                chunk.address == map_.root.default_chunk ? SP_CHUNK_DEFAULT : SP_CHUNK_VARIABLE;
    }

    /* ---- segments ---- */

    void readSegments(const std::vector<uint64_t> &table)
    {
        std::vector<std::pair<uint64_t, uint32_t>> segments;
        for (uint32_t i = 0; i < table.size(); i++) {
            if (!table[i])
                continue;
            if (plausible(table[i], SP_SEGMENT_SIZE))
                segments.emplace_back(table[i], i);
            else
                map_.damage.add(
                    metadataDamage("A segment", table[i], 0, 0,
                                   "the table of segments names an impossible address"));
        }
        std::sort(segments.begin(), segments.end());
        segments.erase(std::unique(segments.begin(), segments.end(),
                                   [](const auto &a, const auto &b) { return a.first == b.first; }),
                       segments.end());
        std::vector<uint8_t> &bytes = map_.buffer;
        bytes.resize(std::min(segments.size(), SEGMENTS_AT_ONCE) * SEGMENT_HEADER);
        std::vector<Piece> pieces;
        for (size_t from = 0; from < segments.size(); from += SEGMENTS_AT_ONCE) {
            control_.poll();
            size_t count = std::min(SEGMENTS_AT_ONCE, segments.size() - from);
            pieces.clear();
            for (size_t i = 0; i < count; i++)
                pieces.push_back({segments[from + i].first, bytes.data() + i * SEGMENT_HEADER,
                                  SEGMENT_HEADER, false});
            memory_.read(pieces.data(), count);
            for (size_t i = 0; i < count; i++) {
                auto [address, index] = segments[from + i];
                if (pieces[i].ok)
                    addSegment(address, index, bytes.data() + i * SEGMENT_HEADER);
                else
                    map_.damage.add(metadataDamage("A segment", address, SEGMENT_HEADER, 0,
                                                   "its header cannot be read"));
            }
        }
    }

    void addSegment(uint64_t address, uint32_t index, const uint8_t *bytes)
    {
        struct Fields {
            uint64_t magic, cookie;
            uint32_t kind, index;
            uint64_t bytes;
        } fields;
        static_assert(offsetof(Fields, bytes) == offsetof(SpSegment, bytes),
                      "a prefix of SpSegment");
        std::memcpy(&fields, bytes, sizeof fields);
        const char *flaw = nullptr;
        bool cookie = fields.cookie == (address ^ map_.root.cookie);
        bool ours = true;
        if (fields.magic == SP_SEGMENT_MAGIC && cookie && fields.kind == 0)
            return; /* just being made */
        if (fields.magic != SP_SEGMENT_MAGIC) {
            flaw = "its magic number was overwritten";
            ours = cookie;
        } else if (!cookie) {
            flaw = "its cookie was overwritten";
        } else if (fields.index != index) {
            flaw = "it names another place in the table of segments";
        } else if (fields.kind < SP_SEGMENT_SLABS || fields.kind > SP_SEGMENT_FREE) {
            flaw = "its kind is none there is";
        } else if (!fields.bytes || fields.bytes % SP_SEGMENT_SIZE ||
                   fields.bytes > ADDRESS_END - address) {
            flaw = "its length is out of range";
        }
        if (flaw)
            map_.damage.add(metadataDamage("A segment", address, sizeof fields, 0, flaw));
        if (!ours)
            return;
        bool sized = fields.bytes && fields.bytes % SP_SEGMENT_SIZE == 0 &&
                     fields.bytes <= ADDRESS_END - address;
        map_.segments.push_back(
            {address, (sized ? fields.bytes : SP_SEGMENT_SIZE) >> SP_SLAB_SHIFT});
        const uint8_t *headers = bytes + offsetof(SpSegment, slabs);
        uint32_t last = fields.kind == SP_SEGMENT_LARGE ? 2 : SP_SLABS_PER_SEGMENT;
        for (uint32_t i = 1; i < last && fields.kind != SP_SEGMENT_FREE;)
            i += addSlab(address, i, headers + i * sizeof(SpSlab),
                         fields.kind == SP_SEGMENT_LARGE ? fields.bytes : 0);
    }

    /** `whole`: the length of a segment that holds one large block. How many slabs are dealt with.
     */
    uint32_t addSlab(uint64_t segment, uint32_t index, const uint8_t *bytes, uint64_t whole)
    {
        uint64_t at = segment + offsetof(SpSegment, slabs) + index * sizeof(SpSlab);
        SlabInfo slab{at, {}, NONE, 0, 0, false, 0, {}};
        std::memcpy(&slab.header, bytes, sizeof slab.header);
        uint8_t kind = slab.header.kind;
        /* A part whose head does not claim it is one of a run that is just being taken or given
         * back, or of one whose head is damaged, which is told there. */
        if (kind == SP_SLAB_UNUSED || kind == SP_SLAB_PART)
            return 1;
        SpDecoder *decoder = decoder_.get();
        SpDecodeResult result = sp_decode_header(decoder, &slab.header, at);
        uint64_t base = number(slab.header.base);
        if (result == SP_DECODE_OK && whole &&
            (base - segment > whole || slab.header.bytes > whole - (base - segment))) {
            map_.damage.add(metadataDamage("A slab header", at, sizeof(SpSlab), 0,
                                           "the large block ends outside its segment"));
            return 1;
        }
        if (result == SP_DECODE_DAMAGED)
            pending_.push_back({map_.slabs.size(), decoder->damage});
        slab.blocks = decoder->blocks;
        slab.end = kind == SP_SLAB_LARGE
                       ? base + slab.header.bytes
                       : base + (static_cast<uint64_t>(slab.header.slabs) << SP_SLAB_SHIFT);
        bool sound = slab.blocks > 0 || result == SP_DECODE_OK;
        if (!sound)
            slab.end = 0;
        slab.live = {decoder->live, decoder->live_bytes};
        map_.slabs.push_back(slab);
        return sound ? std::min(slab.header.slabs, SP_SLABS_PER_SEGMENT) : 1;
    }

    /* ---- slabs of blocks of any size ---- */

    /** The slabs of area and shared chunks have their headers in the chunk. */
    void addAreas()
    {
        for (const ChunkInfo &chunk : map_.chunks) {
            const SpSlab &header = chunk.fields.area;
            uint64_t at = chunk.address + offsetof(SpChunk, area);
            if ((chunk.fields.kind != SP_CHUNK_AREA && chunk.fields.kind != SP_CHUNK_SHARED) ||
                header.kind == SP_SLAB_UNUSED)
                continue;
            SlabInfo slab{at, header, NONE, 0, 0, false, 0, {}};
            slab.header.flags |= SP_SLAB_AREA;
            slab.header.kind = SP_SLAB_MIXED;
            SpDecodeResult result = sp_decode_header(decoder_.get(), &slab.header, at);
            if (header.kind != SP_SLAB_MIXED || !(header.flags & SP_SLAB_AREA))
                map_.damage.add(metadataDamage("A chunk", chunk.address, sizeof(SpChunk),
                                               chunk.address, "its area's header is no area's"));
            else if (result == SP_DECODE_DAMAGED)
                pending_.push_back({map_.slabs.size(), decoder_->damage});
            if (result == SP_DECODE_OK)
                slab.end =
                    number(header.base) + (static_cast<uint64_t>(header.slabs) << SP_SLAB_SHIFT);
            map_.slabs.push_back(slab);
        }
    }

    /** What mixed slabs say of themselves, in one batch. */
    void readMixed()
    {
        struct Head {
            uint64_t magic, key;
            uint32_t algorithm, shift, units, top, startsAt, liveAt, blocks, freeUnits;
            uint64_t liveUnits;
        };
        static_assert(offsetof(Head, liveUnits) == offsetof(SpMixed, live_units),
                      "a prefix of SpMixed");
        std::vector<size_t> which;
        for (size_t i = 0; i < map_.slabs.size(); i++)
            if (map_.slabs[i].mixed() && map_.slabs[i].end && map_.slabs[i].header.mixed)
                which.push_back(i);
        std::vector<Head> heads(which.size());
        std::vector<Piece> pieces;
        for (size_t i = 0; i < which.size(); i++)
            pieces.push_back(
                {number(map_.slabs[which[i]].header.mixed), &heads[i], sizeof(Head), false});
        memory_.read(pieces.data(), pieces.size());
        for (size_t i = 0; i < which.size(); i++) {
            SlabInfo &slab = map_.slabs[which[i]];
            const Head &head = heads[i];
            /* What is not as it should be is told where the slab is decoded. */
            if (!pieces[i].ok || head.magic != SP_MIXED_MAGIC || head.top > head.units ||
                (head.shift != SP_MIXED_SHIFT && head.shift != SP_MIXED_V3_SHIFT) ||
                head.blocks > head.top || head.liveUnits > head.units)
                continue;
            slab.top = head.top;
            if (slab.area())
                slab.end =
                    number(slab.header.base) + (static_cast<uint64_t>(head.units) << head.shift);
            slab.live = {head.blocks, head.liveUnits << head.shift};
        }
    }

    /* ---- heaps ---- */

    void addHeap(uint64_t address, const SpHeap &fields, uint32_t chunk)
    {
        const ChunkInfo &c = map_.chunks[chunk];
        bool own = address == c.address + offsetof(SpChunk, own);
        heapAt_.emplace(address, map_.heaps.size());
        if (plausible(number(fields.parcels), 8) && !map_.debug())
            parcels_.push_back(number(fields.parcels));
        map_.heaps.push_back(
            {address, chunk, fields.state, fields.thread, own, false, fields.footprint, {}});
    }

    /** Whether a chunk that no table names is one that is just being made or destroyed. */
    bool isLeaving(uint64_t chunk)
    {
        uint64_t cookie;
        return plausible(chunk, 8) &&
               memory_.read(chunk + offsetof(SpChunk, cookie), &cookie, sizeof cookie) &&
               cookie == (chunk ^ map_.root.cookie);
    }

    void readHeaps()
    {
        for (uint32_t i = 0; i < map_.chunks.size(); i++)
            addHeap(map_.chunks[i].address + offsetof(SpChunk, own), map_.chunks[i].fields.own, i);
        /* Those that hold slabs, in one batch. */
        std::unordered_map<uint64_t, SpHeap> known;
        for (const SlabInfo &slab : map_.slabs) {
            uint64_t heap = number(slab.header.heap);
            if (plausible(heap, 8) && !heapAt_.count(heap))
                known.try_emplace(heap);
        }
        std::vector<Piece> pieces;
        for (auto &[address, fields] : known)
            pieces.push_back({address, &fields, sizeof fields, false});
        memory_.read(pieces.data(), pieces.size());
        for (const Piece &piece : pieces) {
            const SpHeap &fields = known[piece.address];
            auto chunk = piece.ok ? chunkAt_.find(number(fields.chunk)) : chunkAt_.end();
            if (chunk != chunkAt_.end())
                addHeap(piece.address, fields, chunk->second);
            else if (piece.ok && isLeaving(number(fields.chunk)))
                leaving_.insert(piece.address);
        }
        /* The others, from the chunks' lists. */
        for (uint32_t i = 0; i < map_.chunks.size(); i++)
            followHeaps(i, known);
    }

    void followHeaps(uint32_t chunk, const std::unordered_map<uint64_t, SpHeap> &known)
    {
        ChunkInfo &info = map_.chunks[chunk];
        uint64_t own = info.address + offsetof(SpChunk, own);
        uint64_t address = number(info.fields.heaps);
        std::unordered_set<uint64_t> seen;
        while (address && address != own) {
            SpHeap fields;
            auto found = known.find(address);
            if (found != known.end())
                fields = found->second;
            bool readable = found != known.end() || (plausible(address, 8) &&
                                                     memory_.read(address, &fields, sizeof fields));
            if (!readable || number(fields.chunk) != info.address || !seen.insert(address).second ||
                seen.size() > MAX_HEAPS) {
                info.damaged = true;
                map_.damage.add(
                    metadataDamage("A chunk", info.address, sizeof(SpChunk), info.address,
                                   "its list of heaps is broken at " + hexAddress(address)));
                return;
            }
            if (!heapAt_.count(address))
                addHeap(address, fields, chunk);
            address = number(fields.next);
        }
    }

    /** What threads have freed and not sent yet: those blocks are not live. */
    void readParcels()
    {
        std::vector<SpParcels> all(parcels_.size());
        std::vector<Piece> pieces;
        for (size_t i = 0; i < all.size(); i++)
            pieces.push_back({parcels_[i], &all[i], sizeof all[i], false});
        memory_.read(pieces.data(), pieces.size());
        for (size_t i = 0; i < all.size(); i++)
            for (const SpParcel &parcel : all[i].parcels)
                if (pieces[i].ok && parcel.slab && parcel.count)
                    map_.waiting.push_back({number(parcel.slab), parcel.head, parcel.count});
        std::sort(map_.waiting.begin(), map_.waiting.end(),
                  [](const Waiting &a, const Waiting &b) { return a.slab < b.slab; });
        if (map_.waiting.empty())
            return;
        for (SlabInfo &slab : map_.slabs)
            map_.eachWaiting(slab, [&](const Waiting &some) {
                uint64_t count = std::min<uint64_t>(some.count, slab.live.count);
                slab.live.count -= count;
                slab.live.bytes -= std::min(slab.live.bytes, count * slab.header.block_size);
            });
    }

    /** Gives slabs their owners, and owners their totals and their slabs' damage. */
    void own()
    {
        for (size_t i = 0; i < map_.slabs.size(); i++) {
            SlabInfo &slab = map_.slabs[i];
            auto found = heapAt_.find(number(slab.header.heap));
            if (found == heapAt_.end()) {
                if (leaving_.count(number(slab.header.heap)))
                    slab.end = 0; /* the blocks go with the chunk */
                else if (slab.header.heap)
                    map_.damage.add(metadataDamage("A slab header", slab.address, sizeof(SpSlab), 0,
                                                   "it names a heap that does not exist"));
                continue;
            }
            slab.heap = static_cast<uint32_t>(found->second);
            HeapInfo &heap = map_.heaps[slab.heap];
            Totals &all = map_.chunks[heap.chunk].live;
            heap.live.count += slab.live.count;
            heap.live.bytes += slab.live.bytes;
            all.count += slab.live.count;
            all.bytes += slab.live.bytes;
        }
        for (const auto &[index, damage] : pending_) {
            SlabInfo &slab = map_.slabs[index];
            slab.damaged = true;
            if (slab.heap != NONE) {
                map_.heaps[slab.heap].damaged = true;
                map_.chunks[map_.heaps[slab.heap].chunk].damaged = true;
            }
            map_.damage.add(walkerDamage(damage, map_.chunkOf(slab), map_.root.pid));
        }
        map_.slabs.erase(std::remove_if(map_.slabs.begin(), map_.slabs.end(),
                                        [](const SlabInfo &slab) { return slab.end == 0; }),
                         map_.slabs.end());
        auto before = [](const SlabInfo &a, const SlabInfo &b) {
            return a.header.base != b.header.base ? number(a.header.base) < number(b.header.base)
                                                  : a.area() < b.area();
        };
        if (!std::is_sorted(map_.slabs.begin(), map_.slabs.end(), before))
            std::sort(map_.slabs.begin(), map_.slabs.end(), before);
        uint64_t end = 0;
        for (const SlabInfo &slab : map_.slabs) {
            map_.nested |= number(slab.header.base) < end;
            end = std::max(end, slab.end);
        }
    }

    Memory &memory_;
    Control &control_;
    /** Its arrays are large: one for all headers. */
    std::unique_ptr<SpDecoder> decoder_;
    HeapMap map_;
    std::unordered_map<uint64_t, uint32_t> chunkAt_;
    std::unordered_map<uint64_t, size_t> heapAt_;
    /** Addresses of the heaps' parcels. */
    std::vector<uint64_t> parcels_;
    /** Heaps of chunks that are being destroyed. */
    std::unordered_set<uint64_t> leaving_;
    std::vector<std::pair<size_t, SpDamage>> pending_;
};

} // namespace

bool HeapMap::belongs(const SlabInfo &slab, uint64_t owner) const
{
    if (!owner)
        return true;
    if (slab.heap == NONE)
        return false;
    const HeapInfo &heap = heaps[slab.heap];
    return chunks[heap.chunk].address == owner || (heap.address == owner && !heap.own);
}

const SlabInfo *HeapMap::find(uint64_t address) const
{
    auto after =
        std::upper_bound(slabs.begin(), slabs.end(), address, [](uint64_t a, const SlabInfo &slab) {
            return a < number(slab.header.base);
        });
    while (after != slabs.begin()) {
        const SlabInfo &slab = *--after;
        if (address < slab.end)
            return &slab;
        if (!slab.area())
            break;
    }
    return nullptr;
}

HeapMap readHeapMap(Memory &memory, uint64_t root, Control &control, HeapMap old)
{
    return Builder(memory, control, std::move(old)).build(root);
}

} // namespace spaces
