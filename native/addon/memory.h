/** Where bytes of the heap come from: another process, files, or an image that a caller fills. */
#ifndef SPACES_ADDON_MEMORY_H
#define SPACES_ADDON_MEMORY_H

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../src/walker.h"

namespace spaces {

/** A failure with a code for programs (SPACES_*) and a sentence for people. */
class ReaderError : public std::runtime_error {
public:
    ReaderError(const char *code, const std::string &message)
        : std::runtime_error(message), code_(code)
    {
    }
    const char *code() const { return code_; }

private:
    const char *code_;
};

/** Bytes are lacking that the caller may be able to provide: see Memory::takeMissing. */
class MissingBytes {};

struct Range {
    uint64_t address;
    uint64_t length;
};

/** One piece of a batched read; `ok` is the answer. */
struct Piece {
    uint64_t address;
    void *to;
    size_t length;
    bool ok;
};

constexpr uint64_t PAGE_BYTES = 4096;

class Memory {
public:
    virtual ~Memory() = default;

    /** Reads each piece, telling by its `ok` whether all of its bytes came. */
    virtual void read(Piece *pieces, size_t count) = 0;

    /**
     * Whether a range is better asked for as one than in the parts that turn out to be needed:
     * where each answer costs the caller a round.
     */
    virtual bool prefersWhole() const = 0;

    /** Ends a stage of an operation: throws MissingBytes where reads failed for want of bytes. */
    virtual void settle() {}

    /** What was lacking since the last call, merged and of bounded size. */
    virtual std::vector<Range> takeMissing() { return {}; }

    /**
     * Which of so many pages from `address` on were ever written: bit 0 of each place of `there`.
     * All of them where that is not known.
     */
    virtual void written(uint64_t, std::vector<uint8_t> &there)
    {
        std::fill(there.begin(), there.end(), uint8_t{1});
    }

    virtual void provide(uint64_t, std::vector<uint8_t>) {}

    /** The program ran: forget its bytes. */
    virtual void invalidate() {}

    bool read(uint64_t address, void *to, size_t length)
    {
        Piece piece{address, to, length, false};
        read(&piece, 1);
        return piece.ok;
    }
};

/** Bytes of a file from `offset` on that stand at an address. */
struct FileRange {
    uint64_t address;
    uint64_t length;
    uint64_t offset;
};

struct FilePart {
    std::string path;
    std::vector<FileRange> ranges;
};

std::unique_ptr<Memory> openProcess(pid_t pid);
std::unique_ptr<Memory> openImage();
/** Throws SPACES_FILE where one of the files cannot be opened. */
std::unique_ptr<Memory> openFiles(const std::vector<FilePart> &parts);

/** A Memory as the walker wants it: one contiguous range at a time, fetched when asked for. */
class Window {
public:
    explicit Window(Memory &memory);
    Window(const Window &) = delete;
    Window &operator=(const Window &) = delete;

    /** For the walker's functions. */
    SpMemory *handle() { return &bridge_.base; }

    /** Fetches a range ahead of reads that lie within it. */
    bool load(uint64_t address, size_t length);

    /** The walker's read; never throws, see rethrow. */
    const void *at(uint64_t address, size_t length);

    /** Throws what a read within the walker's C code could not. */
    void rethrow();

private:
    struct Bridge {
        SpMemory base;
        Window *self;
    };

    Memory &memory_;
    Bridge bridge_;
    std::unique_ptr<uint8_t[]> bytes_;
    size_t capacity_ = 0;
    uint64_t start_ = 0;
    size_t length_ = 0;
    std::exception_ptr failure_;
};

} // namespace spaces

#endif
