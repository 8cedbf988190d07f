/** A close look: what an address points at, one block with its bytes and neighbours, the blocks of
 * one slab. */
#ifndef SPACES_ADDON_LOOK_H
#define SPACES_ADDON_LOOK_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "columns.h"
#include "picture.h"

namespace spaces {

enum class Verdict : uint8_t { LIVE, FREE, INTERIOR, WILD };

/** What an address points at. */
struct Location {
    uint64_t address;
    Verdict verdict = Verdict::WILD;
    /** All zero where the verdict is WILD. */
    Row row{};
    /** From the row's address. */
    int64_t offset = 0;
    /** Debug build: of the block's free. */
    uint32_t freeStack = 0;
    uint32_t freeThread = 0;
};

struct BlockView {
    Location location;
    /** The block with its redzones. */
    uint64_t from = 0;
    uint64_t length = 0;
    /** Of the redzone before the program's bytes; both redzones are known in the debug build alone.
     */
    uint64_t front = 0;
    bool known = false;
    /** Bytes from `start` on; fewer than asked for where they cannot be read. */
    uint64_t start = 0;
    std::vector<uint8_t> bytes;
    std::optional<Damage> damage;
    std::optional<Row> previous, next;
    /** Unused bytes between the block and each of them. */
    uint64_t gapBefore = 0, gapAfter = 0;
};

struct SlabBlock {
    /** The program's pointer. */
    uint64_t address;
    /** From the slab's first byte, redzones included. */
    uint64_t start;
    uint64_t length;
    uint64_t size;
    BlockState state;
    bool damaged;
    bool hit;
};

struct SlabView {
    uint64_t address = 0;
    uint64_t bytes = 0;
    uint64_t carved = 0;
    SlabKind kind = SlabKind::FREE;
    uint64_t blockSize = 0;
    uint64_t chunk = 0;
    uint32_t thread = 0;
    bool damaged = false;
    uint64_t total = 0;
    std::vector<SlabBlock> blocks;
};

/** Looks at one slab at a time, keeping the last one decoded. */
class Looker {
public:
    Looker(Memory &memory, const HeapMap &map);

    Location locate(uint64_t address);
    /** `start` and `count`: the bytes to show, from the block's first byte. */
    BlockView block(uint64_t address, uint64_t start, uint64_t count);
    /** The blocks of the slab that an address lies in, a page of them; none where there is no slab.
     */
    SlabView slab(uint64_t address, uint64_t start, uint64_t count);

private:
    struct Found {
        const SlabInfo *slab;
        uint32_t index;
        SpBlock block;
    };

    bool decode(const SlabInfo *slab);
    std::optional<Found> find(uint64_t address);
    Location describe(uint64_t address, const Found &found, bool damaged);
    SlabBlock cellOf(const SlabView &view, const SlabInfo &slab, uint32_t index,
                     const SpBlock &block);
    std::optional<Row> neighbour(const Found &found, int step, uint64_t &gap);

    Memory &memory_;
    const HeapMap &map_;
    Window records_, blocks_;
    std::unique_ptr<SpDecoder> decoder_;
    const SlabInfo *decoded_ = nullptr;
};

} // namespace spaces

#endif
