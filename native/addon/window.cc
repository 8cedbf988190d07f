/** Window: the walker's reading callback over a Memory. */
#include <exception>
#include <utility>

#include "memory.h"

namespace spaces {

Window::Window(Memory &memory) : memory_(memory)
{
    bridge_.self = this;
    bridge_.base.read = [](SpMemory *base, uint64_t address, size_t length) {
        return reinterpret_cast<Bridge *>(base)->self->at(address, length);
    };
}

bool Window::load(uint64_t address, size_t length)
{
    length_ = 0;
    if (capacity_ < length) {
        bytes_ = std::make_unique<uint8_t[]>(length);
        capacity_ = length;
    }
    if (!memory_.read(address, bytes_.get(), length))
        return false;
    start_ = address;
    length_ = length;
    return true;
}

const void *Window::at(uint64_t address, size_t length)
{
    if (address >= start_ && length <= length_ && address - start_ <= length_ - length)
        return bytes_.get() + (address - start_);
    try {
        return load(address, length) ? bytes_.get() : nullptr;
    } catch (...) {
        failure_ = std::current_exception();
        return nullptr;
    }
}

void Window::rethrow()
{
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
}

} // namespace spaces
