/**
 * One heap being read: its memory, what was read of it since the program last ran, and the
 * questions that can be asked. Questions are asked from one thread at a time; invalidate, provide
 * and close may be called from another meanwhile.
 */
#ifndef SPACES_ADDON_SESSION_H
#define SPACES_ADDON_SESSION_H

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "columns.h"
#include "leaks.h"
#include "look.h"
#include "picture.h"
#include "query.h"
#include "snapshot.h"

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
    /** Where the program keeps that number. */
    uint64_t footprintAt;
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

struct Checked {
    uint64_t blocks;
    uint64_t totalDamage;
    std::vector<Damage> damage;
};

/** What is told about a snapshot. */
struct Taken {
    uint32_t id;
    Totals live;
    /** Memory that all snapshots take. */
    uint64_t memory;
};

/** A word that was searched for: where it stands, and which one it is. */
struct Hit {
    uint64_t address;
    uint32_t word;
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
    std::vector<Location> locate(const std::vector<uint64_t> &addresses);
    BlockView block(uint64_t address, uint64_t start, uint64_t count);
    /** With `find`, its blocks that match are marked. */
    SlabView slab(uint64_t address, const std::optional<Query> &find, uint64_t start,
                  uint64_t count);
    Picture picture(uint64_t owner, const std::optional<Query> &find, const Section &section);
    Checked check(uint64_t chunk);
    /** Keeps the live blocks as they are now. */
    Taken snapshot();
    /** Forgets one; whether there was such a one. */
    bool drop(uint32_t id);
    uint64_t snapshotMemory() const;
    /** `to` 0: the heap as it is now. */
    std::vector<Change> diff(uint32_t from, uint32_t to, uint64_t owner, GroupBy by);
    /** Totals by the counters in the headers, of a program that may be running. Keeps nothing. */
    Summary gauges();
    /** Aligned words of the program's memory that are one of `words`, at most `most` of them. */
    std::vector<Hit> search(const std::vector<Range> &ranges, std::vector<uint64_t> words,
                            size_t most);
    /** Live blocks by what reaches them, `since` 0 or a snapshot: looked for once, until the heap
     * is told to be another. */
    LeakReport leaks(const Roots &roots, uint64_t owner, uint32_t since);
    /** The tables of virtual functions that blocks start with, by their addresses; 0: none. */
    std::vector<uint64_t> tables(const std::vector<uint64_t> &blocks, const Roots &files);
    Stacks stacks(const std::vector<uint32_t> &ids);
    std::vector<Range> takeMissing();

    void invalidate();
    void provide(uint64_t address, std::vector<uint8_t> bytes);
    /** Ends the question being answered, soon; all later ones fail with SPACES_CLOSED. */
    void close();
    /** Gives up all that is held; not while a question is being answered. */
    void release();

private:
    struct Asked {
        Query query;
        Selection selection;
    };

    /** What was read of the heap as it was. */
    void forget();
    const HeapMap &map();
    Columns &columns();
    const Selection &selection(const Query &query);
    const std::vector<Totals> &liveBySlab();
    std::vector<Totals> liveByHeap();
    Summary summarise(const HeapMap &heap, const std::vector<Totals> &live) const;
    const Snapshot &kept(uint32_t id);

    std::unique_ptr<Memory> memory_;
    uint64_t root_;
    Control control_;

    std::mutex inbox_;
    bool stale_ = false;
    std::vector<std::pair<uint64_t, std::vector<uint8_t>>> provided_;

    std::optional<HeapMap> map_;
    /** The one before: its memory serves again. */
    HeapMap old_;
    std::optional<Columns> columns_;
    /** Of each slab, and of each heap. */
    std::vector<Totals> slabLive_, live_;
    /** The last ones first. */
    std::list<Asked> selections_;
    std::vector<std::pair<size_t, uint32_t>> damaged_;
    std::optional<Leaks> leaks_;

    std::map<uint32_t, Snapshot> snapshots_;
    uint32_t lastSnapshot_ = 0;
    /** The heap as it is now, once it was compared with. */
    std::optional<Snapshot> now_;
};

} // namespace spaces

#endif
