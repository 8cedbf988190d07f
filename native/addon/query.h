/** Questions about columns: which entries, in what order, and how many of what kind. */
#ifndef SPACES_ADDON_QUERY_H
#define SPACES_ADDON_QUERY_H

#include <optional>
#include <string>
#include <vector>

#include "columns.h"

namespace spaces {

enum class State { LIVE, FREE, ALL };

enum class SortBy { ADDRESS, SIZE, AGE, SITE };

enum class GroupBy { STACK, SIZE, TYPE, THREAD, CHUNK };

/** Everything that decides which entries there are and in what order; equal queries share a result.
 */
struct Query {
    /** Address of a chunk or of a thread's heap; 0: all. */
    uint64_t chunk = 0;
    State state = State::LIVE;
    SortBy sort = SortBy::ADDRESS;
    bool descending = false;
    double minSize = 0;
    std::optional<double> maxSize;
    std::optional<uint64_t> address;
    /** Sorted. */
    std::optional<std::vector<uint32_t>> stacks;
    std::optional<uint32_t> thread;
    /** As Row::type. */
    std::optional<uint32_t> type;
    bool damaged = false;

    bool operator==(const Query &other) const
    {
        return chunk == other.chunk && state == other.state && sort == other.sort &&
               descending == other.descending && minSize == other.minSize &&
               maxSize == other.maxSize && address == other.address && stacks == other.stacks &&
               thread == other.thread && type == other.type && damaged == other.damaged;
    }
};

struct Group {
    double key;
    uint64_t count;
    uint64_t bytes;
};

/** Whether an entry is one of those asked for; of its chunk nothing is asked. */
bool matches(const HeapMap &map, const Columns &columns, const Query &query, uint32_t entry);

struct Selection {
    /** That match, in order; those that compare equal stay in the order of addresses. */
    std::vector<uint32_t> entries;
    uint64_t bytes = 0;
    /** Entries of the chunk and state, whatever else is asked. */
    uint64_t all = 0;
};

Selection select(const HeapMap &map, const Columns &columns, const Query &query, Control &control);

/** Live entries of a chunk by a key, the most bytes first. */
std::vector<Group> group(const HeapMap &map, const Columns &columns, uint64_t chunk, GroupBy by,
                         Control &control);

} // namespace spaces

#endif
