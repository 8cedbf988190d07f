/*
 * cxx.c - every form of C++'s operator new and delete, by their mangled names
 * (Itanium C++ ABI), so that the library needs no C++ runtime and the debug
 * build can tell which form a block came from.
 *
 * Failure of a throwing form calls the new-handler until there is none, then
 * throws std::bad_alloc through the program's own libstdc++.
 */
#ifndef SPACES_NO_MALLOC

#include <stdlib.h>

#include "malloc.h"

typedef void (*NewHandler)(void);
extern NewHandler _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

/* What a new-handler frees, the next attempt may get. */
static bool call_new_handler(void)
{
    NewHandler handler = _ZSt15get_new_handlerv ? _ZSt15get_new_handlerv() : NULL;
    if (!handler)
        return false;
    handler();
    return true;
}

static SP_NOINLINE void *new_failed(size_t size, size_t alignment, uint8_t family, bool throws)
{
    void *block = NULL;
    while (!block && call_new_handler())
        block = alignment ? sp_aligned(alignment, size, family, "operator new")
                          : sp_malloc(size, family, "operator new");
    if (!block && throws) {
        if (_ZSt17__throw_bad_allocv)
            _ZSt17__throw_bad_allocv();
        abort();
    }
    return block;
}

static inline void *new_plain(size_t size, uint8_t family, bool throws)
{
    void *block = sp_malloc(size, family, "operator new");
    return sp_likely(block != NULL) ? block : new_failed(size, 0, family, throws);
}

static inline void *new_aligned(size_t size, size_t alignment, uint8_t family, bool throws)
{
    void *block = sp_aligned(alignment, size, family, "operator new");
    return sp_likely(block != NULL) ? block : new_failed(size, alignment, family, throws);
}

#define ONE   SP_FAMILY_NEW
#define ARRAY SP_FAMILY_NEW_ARRAY

SP_EXPORT void *_Znwm(size_t size)
{
    return new_plain(size, ONE, true);
}
SP_EXPORT void *_Znam(size_t size)
{
    return new_plain(size, ARRAY, true);
}
SP_EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag)
{
    (void)tag;
    return new_plain(size, ONE, false);
}
SP_EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const void *tag)
{
    (void)tag;
    return new_plain(size, ARRAY, false);
}
SP_EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    return new_aligned(size, alignment, ONE, true);
}
SP_EXPORT void *_ZnamSt11align_val_t(size_t size, size_t alignment)
{
    return new_aligned(size, alignment, ARRAY, true);
}
SP_EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    (void)tag;
    return new_aligned(size, alignment, ONE, false);
}
SP_EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    (void)tag;
    return new_aligned(size, alignment, ARRAY, false);
}

SP_EXPORT void _ZdlPv(void *p)
{
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPv(void *p)
{
    sp_free(p, ARRAY, "operator delete[]");
}
SP_EXPORT void _ZdlPvm(void *p, size_t size)
{
    (void)size;
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPvm(void *p, size_t size)
{
    (void)size;
    sp_free(p, ARRAY, "operator delete[]");
}
SP_EXPORT void _ZdlPvRKSt9nothrow_t(void *p, const void *tag)
{
    (void)tag;
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPvRKSt9nothrow_t(void *p, const void *tag)
{
    (void)tag;
    sp_free(p, ARRAY, "operator delete[]");
}
SP_EXPORT void _ZdlPvSt11align_val_t(void *p, size_t alignment)
{
    (void)alignment;
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPvSt11align_val_t(void *p, size_t alignment)
{
    (void)alignment;
    sp_free(p, ARRAY, "operator delete[]");
}
SP_EXPORT void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t alignment)
{
    (void)size, (void)alignment;
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t alignment)
{
    (void)size, (void)alignment;
    sp_free(p, ARRAY, "operator delete[]");
}
SP_EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t alignment, const void *tag)
{
    (void)alignment, (void)tag;
    sp_free(p, ONE, "operator delete");
}
SP_EXPORT void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t alignment, const void *tag)
{
    (void)alignment, (void)tag;
    sp_free(p, ARRAY, "operator delete[]");
}

#endif
