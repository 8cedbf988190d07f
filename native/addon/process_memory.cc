/** Memory of another process, by process_vm_readv, many pieces a call. */
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "memory.h"

namespace spaces {

namespace {

/** The most bytes of one call: a reader that is closed need not wait for more. */
constexpr size_t CALL_BYTES = size_t{64} << 20;

class ProcessMemory : public Memory {
public:
    explicit ProcessMemory(pid_t pid) : pid_(pid) {}

    using Memory::read;
    void read(Piece *pieces, size_t count) override
    {
        while (count > 0) {
            size_t done = readSome(pieces, count);
            pieces += done;
            count -= done;
        }
    }

    bool prefersWhole() const override { return false; }

    /** From the page table: neither present nor swapped out is a page that nobody wrote. */
    void written(uint64_t address, std::vector<uint8_t> &there) override
    {
        std::vector<uint64_t> entries(there.size());
        int file =
            open(("/proc/" + std::to_string(pid_) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC);
        size_t bytes = entries.size() * sizeof(uint64_t);
        auto at = static_cast<off_t>(address / PAGE_BYTES * sizeof(uint64_t));
        bool known =
            file >= 0 && pread(file, entries.data(), bytes, at) == static_cast<ssize_t>(bytes);
        if (file >= 0)
            close(file);
        for (size_t i = 0; i < there.size(); i++)
            there[i] = !known || entries[i] >> 62;
    }

private:
    /** One call; how many pieces are settled by it, at least one. */
    size_t readSome(Piece *pieces, size_t count)
    {
        iovec local[IOV_MAX], remote[IOV_MAX];
        size_t n = 0, bytes = 0;
        for (; n < count && n < IOV_MAX && (n == 0 || bytes + pieces[n].length <= CALL_BYTES);
             n++) {
            local[n] = {pieces[n].to, pieces[n].length};
            remote[n] = {reinterpret_cast<void *>(pieces[n].address), pieces[n].length};
            bytes += pieces[n].length;
            pieces[n].ok = false;
        }
        ssize_t got;
        do {
            got = process_vm_readv(pid_, local, n, remote, n, 0);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            fail(errno);
            got = 0;
        }
        /* What came is whole pieces up to the one that failed; that one is settled too. */
        size_t settled = 0;
        for (size_t rest = static_cast<size_t>(got); settled < n; settled++) {
            if (rest < pieces[settled].length)
                break;
            rest -= pieces[settled].length;
            pieces[settled].ok = true;
        }
        return settled < n ? settled + 1 : settled;
    }

    /** Errors that concern the process rather than a piece end the operation. */
    void fail(int error) const
    {
        std::string who = "process " + std::to_string(pid_);
        switch (error) {
        case EFAULT:
        case ENOMEM:
            return;
        case ESRCH:
            throw ReaderError("SPACES_GONE", "The heap cannot be read: " + who + " has ended.");
        case EPERM:
            throw ReaderError("SPACES_PERM",
                              "The system does not let this user read the memory of " + who +
                                  "; read it through the debugger.");
        default:
            throw ReaderError("SPACES_PERM", "Reading the memory of " + who +
                                                 " failed: " + std::strerror(error) + ".");
        }
    }

    pid_t pid_;
};

} // namespace

std::unique_ptr<Memory> openProcess(pid_t pid)
{
    return std::make_unique<ProcessMemory>(pid);
}

} // namespace spaces
