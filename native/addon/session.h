/**
 * One heap being read: its memory, what was read of it since the program last ran, and the
 * questions that can be asked. Questions are asked from one thread at a time; invalidate, provide
 * and close may be called from another meanwhile.
 */
#ifndef SPACES_ADDON_SESSION_H
#define SPACES_ADDON_SESSION_H

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "columns.h"
#include "query.h"

namespace spaces {

/** A chunk, or a thread's heap in the default chunk, as a client sees it. */
struct ChunkRow {
    uint64_t address;
    uint32_t kind;
    uint32_t thread;
    bool damaged;
    /** Address of the default chunk where this is a thread's heap, else 0. */
    uint64_t parent;
    uint64_t footprint;
    uint64_t peak;
    Totals live;
    /** The chunk's own fields; a thread's heap has those of the default chunk. */
    SpChunk fields;
};

struct Summary {
    SpRoot root;
    std::vector<ChunkRow> chunks;
};

struct Page {
    uint64_t total;
    uint64_t bytes;
    uint64_t all;
    std::vector<Row> rows;
};

struct Location {
    const char *verdict;
    std::vector<Row> rows;
    int64_t offset;
};

struct Checked {
    uint64_t blocks;
    uint64_t totalDamage;
    std::vector<Damage> damage;
};

using Stacks = std::vector<std::vector<uint64_t>>;

class Session {
public:
    Session(std::unique_ptr<Memory> memory, uint64_t root);

    Control &control() { return control_; }

    /** To be called before a question is answered: takes in what invalidate and provide have left.
     */
    void begin(uint64_t question);

    Summary summary();
    Page entries(const Query &query, uint64_t start, uint64_t count);
    std::vector<Group> groups(uint64_t chunk, GroupBy by);
    Location locate(uint64_t address);
    Checked check(uint64_t chunk);
    Stacks stacks(const std::vector<uint32_t> &ids);
    std::vector<Range> takeMissing();

    void invalidate();
    void provide(uint64_t address, std::vector<uint8_t> bytes);
    /** Ends the question being answered, soon; all later ones fail with SPACES_CLOSED. */
    void close();
    /** Gives up what was read; not while a question is being answered. */
    void release();

private:
    struct Asked {
        Query query;
        Selection selection;
    };

    const HeapMap &map();
    Columns &columns();
    const Selection &selection(const Query &query);
    std::vector<Totals> liveByHeap();

    std::unique_ptr<Memory> memory_;
    uint64_t root_;
    Control control_;

    std::mutex inbox_;
    bool stale_ = false;
    std::vector<std::pair<uint64_t, std::vector<uint8_t>>> provided_;

    std::optional<HeapMap> map_;
    std::optional<Columns> columns_;
    std::vector<Totals> live_;
    /** The last ones first. */
    std::list<Asked> selections_;
    std::vector<std::pair<size_t, uint32_t>> damaged_;
};

} // namespace spaces

#endif
