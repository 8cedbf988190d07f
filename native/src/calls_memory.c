/* calls_memory.c - checked calls on bytes: both ranges are known before the call. */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <string.h>

static inline void moves(const char *function, const void *to, const void *from, size_t count)
{
    sp_call_reads(function, from, count);
    sp_call_writes(function, to, count);
}

/* memcpy is memmove: so it is in libc, and programs of its first version rely on it. */
SP_CALL(void *, memcpy, (void *to, const void *from, size_t count))
{
    moves("memcpy", to, from, count);
    return memmove(to, from, count);
}

SP_CALL(void *, memmove, (void *to, const void *from, size_t count))
{
    moves("memmove", to, from, count);
    return memmove(to, from, count);
}

SP_CALL(void *, mempcpy, (void *to, const void *from, size_t count))
{
    moves("mempcpy", to, from, count);
    return (char *)memmove(to, from, count) + count;
}

SP_CALL(void *, __mempcpy, (void *to, const void *from, size_t count))
{
    moves("mempcpy", to, from, count);
    return (char *)memmove(to, from, count) + count;
}

SP_CALL(void, bcopy, (const void *from, void *to, size_t count))
{
    moves("bcopy", to, from, count);
    memmove(to, from, count);
}

SP_CALL(void *, memset, (void *to, int byte, size_t count))
{
    sp_call_writes("memset", to, count);
    return memset(to, byte, count);
}

SP_CALL(void, bzero, (void *to, size_t count))
{
    sp_call_writes("bzero", to, count);
    memset(to, 0, count);
}

SP_CALL(void, explicit_bzero, (void *to, size_t count))
{
    sp_call_writes("explicit_bzero", to, count);
    memset(to, 0, count);
    __asm__ volatile("" : : "r"(to) : "memory");
}

/* Both are read to their end, whatever differs: so says the standard. */
SP_CALL(int, memcmp, (const void *a, const void *b, size_t count))
{
    sp_call_reads("memcmp", a, count);
    sp_call_reads("memcmp", b, count);
    return memcmp(a, b, count);
}

SP_CALL(int, bcmp, (const void *a, const void *b, size_t count))
{
    sp_call_reads("bcmp", a, count);
    sp_call_reads("bcmp", b, count);
    return memcmp(a, b, count);
}

/* Stops where it finds the byte: what follows need not be there. */
SP_CALL(void *, memchr, (const void *from, int byte, size_t count))
{
    size_t room = sp_call_room("memchr", from, SP_ACCESS_READ);
    if (sp_likely(count <= room))
        return SP_REAL(memchr)(from, byte, count);
    void *found = SP_REAL(memchr)(from, byte, room);
    if (found)
        return found;
    sp_call_check("memchr", from, count, SP_ACCESS_READ);
    return SP_REAL(memchr)(from, byte, count);
}

SP_CALL(void *, memrchr, (const void *from, int byte, size_t count))
{
    sp_call_reads("memrchr", from, count);
    return SP_REAL(memrchr)(from, byte, count);
}

SP_CALL(void *, memmem, (const void *from, size_t count, const void *what, size_t width))
{
    sp_call_reads("memmem", what, width);
    sp_call_reads("memmem", from, count);
    return SP_REAL(memmem)(from, count, what, width);
}

SP_CALL(void *, memccpy, (void *to, const void *from, int byte, size_t count))
{
    size_t room = sp_call_room("memccpy", from, SP_ACCESS_READ);
    size_t most = count < room ? count : room;
    const char *found = most ? SP_REAL(memchr)(from, byte, most) : NULL;
    size_t copied = found ? (size_t)(found - (const char *)from) + 1 : count;
    moves("memccpy", to, from, copied);
    return SP_REAL(memccpy)(to, from, byte, count);
}

SP_CALL(void, qsort, (void *base, size_t members, size_t size, SpCompare compare))
{
    sp_call_writes("qsort", base, members * size);
    SP_REAL(qsort)(base, members, size, compare);
}

SP_CALL(void *, bsearch,
        (const void *key, const void *base, size_t members, size_t size, SpCompare compare))
{
    sp_call_reads("bsearch", base, members * size);
    return SP_REAL(bsearch)(key, base, members, size, compare);
}

/* ---- _FORTIFY_SOURCE ----------------------------------------------------------- */

SP_CALL(void *, __memcpy_chk, (void *to, const void *from, size_t count, size_t size))
{
    moves("memcpy", to, from, count);
    return SP_REAL(__memcpy_chk)(to, from, count, size);
}

SP_CALL(void *, __memmove_chk, (void *to, const void *from, size_t count, size_t size))
{
    moves("memmove", to, from, count);
    return SP_REAL(__memmove_chk)(to, from, count, size);
}

SP_CALL(void *, __mempcpy_chk, (void *to, const void *from, size_t count, size_t size))
{
    moves("mempcpy", to, from, count);
    return SP_REAL(__mempcpy_chk)(to, from, count, size);
}

SP_CALL(void *, __memset_chk, (void *to, int byte, size_t count, size_t size))
{
    sp_call_writes("memset", to, count);
    return SP_REAL(__memset_chk)(to, byte, count, size);
}

#endif
