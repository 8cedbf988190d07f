/* operators.cc - see operators.h. */
#include "operators.h"

#include <new>

namespace {
int *calls;
void give_up_later()
{
    if (++*calls == 3)
        std::set_new_handler(nullptr);
}
constexpr std::align_val_t alignment{64};
} // namespace

extern "C" {

void *cxx_new(size_t size)
{
    return ::operator new(size);
}
void *cxx_new_array(size_t size)
{
    return ::operator new[](size);
}
void *cxx_new_aligned(size_t size)
{
    return ::operator new(size, alignment);
}
void *cxx_new_nothrow(size_t size)
{
    return ::operator new(size, std::nothrow);
}
void cxx_delete(void *p)
{
    ::operator delete(p);
}
void cxx_delete_array(void *p)
{
    ::operator delete[](p);
}
void cxx_delete_aligned(void *p)
{
    ::operator delete(p, alignment);
}
void cxx_delete_sized(void *p, size_t size)
{
    ::operator delete(p, size);
}

int cxx_throws_bad_alloc(int *handler_calls)
{
    calls = handler_calls;
    std::set_new_handler(give_up_later);
    try {
        ::operator delete(::operator new(static_cast<size_t>(-1) / 2));
    } catch (const std::bad_alloc &) {
        return 1;
    }
    return 0;
}

void cxx_throw(void)
{
    throw 42;
}

int cxx_catches(void (*call)(void *), void *argument)
{
    struct Guard {
        int *destroyed;
        ~Guard() { *destroyed = 1; }
    };
    int destroyed = 0;
    try {
        Guard guard{&destroyed};
        call(argument);
    } catch (int thrown) {
        return destroyed && thrown == 42;
    }
    return 0;
}
}
