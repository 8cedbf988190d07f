/** The ends of questions. */
#include "control.h"

#include "memory.h"

namespace spaces {

void Control::poll() const
{
    if (closed_.load(std::memory_order_relaxed))
        throw ReaderError("SPACES_CLOSED", "The heap reader was closed.");
    if (current_ <= interrupted_.load(std::memory_order_relaxed))
        throw ReaderError("SPACES_INTERRUPTED", "The question was withdrawn.");
}

} // namespace spaces
