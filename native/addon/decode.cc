/** Asking ahead for what a mixed slab's decoding reads. */
#include "decode.h"

#include <algorithm>

namespace spaces {

void foresee(Memory &memory, const SlabInfo &slab, bool debug)
{
    if (!memory.prefersWhole() || !slab.mixed() || !slab.top)
        return;
    auto at = reinterpret_cast<uint64_t>(slab.header.mixed);
    SpMixed mixed;
    if (!memory.read(at, &mixed, sizeof mixed) || mixed.top > mixed.units ||
        mixed.top != slab.top || mixed.shift > SP_MIXED_SHIFT)
        return;
    size_t map = (static_cast<size_t>(mixed.top) + 63) / 64 * sizeof(uint64_t);
    size_t records =
        debug ? SP_MIXED_RECORD(static_cast<uint64_t>(mixed.top) << mixed.shift) * sizeof(SpRecord)
              : 0;
    std::vector<uint8_t> bytes(std::max(map, records));
    memory.read(at + mixed.starts_at, bytes.data(), map);
    memory.read(at + mixed.live_at, bytes.data(), map);
    if (records)
        memory.read(reinterpret_cast<uint64_t>(slab.header.records), bytes.data(), records);
}

} // namespace spaces
