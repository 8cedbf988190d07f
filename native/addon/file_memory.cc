/**
 * Memory as files hold it: a core file, and the files that a process had mapped. Ranges say which
 * bytes of which file stand at which address; where two overlap, the one that was named first
 * holds. Files are read piece by piece rather than mapped: one that is cut short, or shrinks while
 * it is looked at, is then an answer and no signal.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "memory.h"

namespace spaces {

namespace {

class Descriptor {
public:
    explicit Descriptor(const std::string &path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC))
    {
        struct stat facts;
        int error = fd_ < 0 || fstat(fd_, &facts) ? errno : 0;
        if (!error && !S_ISREG(facts.st_mode))
            error = EINVAL;
        if (error) {
            if (fd_ >= 0)
                ::close(fd_);
            throw ReaderError("SPACES_FILE",
                              path + " cannot be read: " + std::strerror(error) + ".");
        }
    }
    Descriptor(Descriptor &&other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }

    /** Whether all of the bytes came. */
    bool read(uint64_t offset, void *to, size_t length) const
    {
        auto *at = static_cast<uint8_t *>(to);
        while (length > 0) {
            ssize_t got = pread(fd_, at, length, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return false;
            at += got;
            offset += static_cast<uint64_t>(got);
            length -= static_cast<size_t>(got);
        }
        return true;
    }

private:
    int fd_;
};

class FileMemory : public Memory {
public:
    explicit FileMemory(const std::vector<FilePart> &parts)
    {
        for (const FilePart &part : parts) {
            files_.emplace_back(part.path);
            for (const FileRange &range : part.ranges)
                add(files_.size() - 1, range);
        }
    }

    using Memory::read;
    void read(Piece *pieces, size_t count) override
    {
        for (size_t i = 0; i < count; i++)
            pieces[i].ok = readOne(pieces[i]);
    }

    bool prefersWhole() const override { return false; }

private:
    struct Stretch {
        uint64_t end;
        size_t file;
        uint64_t offset;
    };

    /** Takes in what of a range no earlier one covers. */
    void add(size_t file, const FileRange &range)
    {
        uint64_t at = range.address, end = range.address + range.length;
        while (at < end) {
            auto next = stretches_.upper_bound(at);
            if (next != stretches_.begin()) {
                auto before = std::prev(next);
                if (before->second.end > at) {
                    at = before->second.end;
                    continue;
                }
            }
            uint64_t to = next == stretches_.end() ? end : std::min(end, next->first);
            stretches_.emplace(at, Stretch{to, file, range.offset + (at - range.address)});
            at = to;
        }
    }

    bool readOne(const Piece &piece) const
    {
        uint64_t address = piece.address, end = address + piece.length;
        auto *to = static_cast<uint8_t *>(piece.to);
        if (end < address)
            return false;
        while (address < end) {
            auto it = stretches_.upper_bound(address);
            if (it == stretches_.begin())
                return false;
            --it;
            const Stretch &stretch = it->second;
            if (stretch.end <= address)
                return false;
            uint64_t n = std::min(stretch.end, end) - address;
            if (!files_[stretch.file].read(stretch.offset + (address - it->first), to, n))
                return false;
            to += n;
            address += n;
        }
        return true;
    }

    std::vector<Descriptor> files_;
    /** By address; no two overlap. */
    std::map<uint64_t, Stretch> stretches_;
};

} // namespace

std::unique_ptr<Memory> openFiles(const std::vector<FilePart> &parts)
{
    return std::make_unique<FileMemory>(parts);
}

} // namespace spaces
