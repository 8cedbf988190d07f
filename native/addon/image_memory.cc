/**
 * An image: bytes handed over by the caller, kept as pieces that do not overlap. What is asked for
 * and not there is noted as missing, in whole pages. A range for which the caller hands over
 * nothing, or a page that was asked for again and again and never came, counts as unreadable: no
 * operation asks for ever.
 */
#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "memory.h"

namespace spaces {

namespace {

constexpr uint64_t PAGE = 4096;
/** Of one range, and of all ranges of one answer. */
constexpr uint64_t RANGE_BYTES = uint64_t{4} << 20;
constexpr uint64_t ANSWER_BYTES = uint64_t{64} << 20;
/** Answers that may name a page before it counts as unreadable. */
constexpr unsigned PATIENCE = 8;

class ImageMemory : public Memory {
public:
    using Memory::read;
    void read(Piece *pieces, size_t count) override
    {
        for (size_t i = 0; i < count; i++)
            pieces[i].ok = readOne(pieces[i]);
        if (wanted_.size() * PAGE >= ANSWER_BYTES)
            throw MissingBytes();
    }

    bool prefersWhole() const override { return true; }

    void settle() override
    {
        if (!wanted_.empty())
            throw MissingBytes();
    }

    std::vector<Range> takeMissing() override
    {
        std::vector<Range> ranges;
        for (const auto &[page, unused] : wanted_) {
            asked_[page]++;
            if (!ranges.empty() && ranges.back().address + ranges.back().length == page &&
                ranges.back().length < RANGE_BYTES)
                ranges.back().length += PAGE;
            else
                ranges.push_back({page, PAGE});
        }
        wanted_.clear();
        for (const Range &range : ranges)
            named_[range.address] = range.length;
        return ranges;
    }

    void provide(uint64_t address, std::vector<uint8_t> bytes) override
    {
        if (bytes.empty()) {
            giveUp(address & ~(PAGE - 1));
            return;
        }
        cut(address, address + bytes.size());
        pieces_.emplace(address, std::move(bytes));
    }

    void invalidate() override
    {
        pieces_.clear();
        wanted_.clear();
        asked_.clear();
        named_.clear();
    }

private:
    /** The caller cannot have the range that an answer named. */
    void giveUp(uint64_t address)
    {
        auto range = named_.find(address);
        uint64_t length = range == named_.end() ? PAGE : range->second;
        for (uint64_t page = address; page < address + length; page += PAGE)
            asked_[page] = PATIENCE;
    }

    /** Removes what [from, to) covers from the pieces there are. */
    void cut(uint64_t from, uint64_t to)
    {
        auto it = pieces_.upper_bound(from);
        if (it != pieces_.begin())
            --it;
        while (it != pieces_.end() && it->first < to) {
            uint64_t start = it->first, end = start + it->second.size();
            if (end <= from) {
                ++it;
                continue;
            }
            std::vector<uint8_t> old = std::move(it->second);
            it = pieces_.erase(it);
            if (end > to)
                it = pieces_
                         .emplace(to, std::vector<uint8_t>(
                                          old.end() - static_cast<ptrdiff_t>(end - to), old.end()))
                         .first;
            if (start < from) {
                old.resize(from - start);
                pieces_.emplace(start, std::move(old));
            }
        }
    }

    bool readOne(const Piece &piece)
    {
        uint64_t address = piece.address, end = address + piece.length;
        auto *to = static_cast<uint8_t *>(piece.to);
        bool whole = true;
        if (end < address)
            return false;
        while (address < end) {
            auto it = pieces_.upper_bound(address);
            uint64_t next = it == pieces_.end() ? end : std::min(end, it->first);
            if (it != pieces_.begin()) {
                --it;
                uint64_t have = it->first + it->second.size();
                if (have > address) {
                    uint64_t n = std::min(have, end) - address;
                    std::memcpy(to, it->second.data() + (address - it->first), n);
                    to += n;
                    address += n;
                    continue;
                }
            }
            whole = false;
            want(address, next);
            to += next - address;
            address = next;
        }
        return whole;
    }

    void want(uint64_t from, uint64_t to)
    {
        for (uint64_t page = from & ~(PAGE - 1); page < to && wanted_.size() * PAGE < ANSWER_BYTES;
             page += PAGE) {
            auto asked = asked_.find(page);
            if (asked == asked_.end() || asked->second < PATIENCE)
                wanted_.emplace(page, true);
        }
    }

    std::map<uint64_t, std::vector<uint8_t>> pieces_;
    std::map<uint64_t, bool> wanted_;
    /** Answers that named a page. */
    std::unordered_map<uint64_t, unsigned> asked_;
    /** Ranges of those answers: address to length. */
    std::unordered_map<uint64_t, uint64_t> named_;
};

} // namespace

std::unique_ptr<Memory> openImage()
{
    return std::make_unique<ImageMemory>();
}

} // namespace spaces
