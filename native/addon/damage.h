/** What is found to be damaged, in the words of a report. */
#ifndef SPACES_ADDON_DAMAGE_H
#define SPACES_ADDON_DAMAGE_H

#include <cstdint>
#include <string>
#include <vector>

#include "../src/walker.h"

namespace spaces {

struct Damage {
    /** A ReportKind. */
    const char *kind;
    uint64_t address;
    uint64_t size;
    int64_t offset;
    /** Address of the chunk; 0 where that is not known. */
    uint64_t chunk;
    uint64_t sequence;
    /** Which allocation of its stack the block is; 0 where that is not known. */
    uint32_t pass;
    uint32_t thread;
    uint32_t allocStack;
    uint32_t freeStack;
    std::string message;
    /** Hex digits of the bytes around the first bad one. */
    std::string bytes;
    int64_t bytesOffset;
};

/** Damage in the order it was found: all are counted, the first ones kept. */
class DamageList {
public:
    static constexpr size_t KEPT = 10000;

    void add(Damage damage)
    {
        total_++;
        if (kept_.size() < KEPT)
            kept_.push_back(std::move(damage));
    }
    uint64_t total() const { return total_; }
    const std::vector<Damage> &kept() const { return kept_; }

private:
    std::vector<Damage> kept_;
    uint64_t total_ = 0;
};

/** Lower-case hex with 0x. */
std::string hexAddress(uint64_t address);

/** Damage of a structure of the allocator: "<what> at 0x…: <reason>". */
Damage metadataDamage(const char *what, uint64_t address, uint64_t size, uint64_t chunk,
                      const std::string &reason);

/** What the walker found in process `pid`. */
Damage walkerDamage(const SpDamage &damage, uint64_t chunk, uint32_t pid);

/** Whether a block's stacks are numbers of process `pid`: in a shared chunk another may have
 * allocated it. */
bool hasStacks(const SpBlock &block, uint32_t pid);

} // namespace spaces

#endif
