/** Looking for damage in every block. */
#ifndef SPACES_ADDON_CHECK_H
#define SPACES_ADDON_CHECK_H

#include <utility>
#include <vector>

#include "heap_map.h"

namespace spaces {

struct CheckResult {
    /** Blocks looked at. */
    uint64_t blocks = 0;
    DamageList damage;
    /** Damaged blocks: index of the slab in the map, and of the block in the slab. */
    std::vector<std::pair<size_t, uint32_t>> damaged;
};

/** Checks the blocks of a chunk or a thread's heap, given by address; 0: all, and the structures
 * beside. */
CheckResult checkHeap(Memory &memory, const HeapMap &map, uint64_t owner, Control &control);

} // namespace spaces

#endif
