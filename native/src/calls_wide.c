/* calls_wide.c - checked calls on strings and arrays of wchar_t. */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#define CHAR               wchar_t
#define CHAR_WANTED        wchar_t
#define LENGTH             sp_call_wide_length
#define N_LENGTH(s, most)  SP_REAL(wcsnlen)((s), (most))
#define NAME(what)         wcs##what
#define CHECKED_NAME(what) __wcs##what##_chk
#include "calls_strings.h"

SP_CALL(wchar_t *, wcpcpy, (wchar_t * to, const wchar_t *from))
{
    copies("wcpcpy", to, from, SIZE_MAX, false);
    return SP_REAL(wcpcpy)(to, from);
}

SP_CALL(wchar_t *, wcpncpy, (wchar_t * to, const wchar_t *from, size_t count))
{
    copies_padded("wcpncpy", to, from, count);
    return SP_REAL(wcpncpy)(to, from, count);
}

/* ---- arrays ------------------------------------------------------------------- */

static inline void moves(const char *function, const wchar_t *to, const wchar_t *from, size_t count)
{
    sp_call_reads(function, from, count * sizeof(wchar_t));
    sp_call_writes(function, to, count * sizeof(wchar_t));
}

SP_CALL(wchar_t *, wmemcpy, (wchar_t * to, const wchar_t *from, size_t count))
{
    moves("wmemcpy", to, from, count);
    return SP_REAL(wmemmove)(to, from, count);
}

SP_CALL(wchar_t *, wmempcpy, (wchar_t * to, const wchar_t *from, size_t count))
{
    moves("wmempcpy", to, from, count);
    return SP_REAL(wmemmove)(to, from, count) + count;
}

SP_CALL(wchar_t *, wmemmove, (wchar_t * to, const wchar_t *from, size_t count))
{
    moves("wmemmove", to, from, count);
    return SP_REAL(wmemmove)(to, from, count);
}

SP_CALL(wchar_t *, wmemset, (wchar_t * to, wchar_t wide, size_t count))
{
    sp_call_writes("wmemset", to, count * sizeof(wchar_t));
    return SP_REAL(wmemset)(to, wide, count);
}

SP_CALL(int, wmemcmp, (const wchar_t *a, const wchar_t *b, size_t count))
{
    sp_call_reads("wmemcmp", a, count * sizeof(wchar_t));
    sp_call_reads("wmemcmp", b, count * sizeof(wchar_t));
    return SP_REAL(wmemcmp)(a, b, count);
}

SP_CALL(wchar_t *, wmemchr, (const wchar_t *from, wchar_t wide, size_t count))
{
    size_t room = sp_call_room("wmemchr", from, SP_ACCESS_READ) / sizeof(wchar_t);
    if (sp_likely(count <= room))
        return SP_REAL(wmemchr)(from, wide, count);
    wchar_t *found = SP_REAL(wmemchr)(from, wide, room);
    if (found)
        return found;
    sp_call_check("wmemchr", from, count * sizeof(wchar_t), SP_ACCESS_READ);
    return SP_REAL(wmemchr)(from, wide, count);
}

/* ---- _FORTIFY_SOURCE ------------------------------------------------------------- */

SP_CALL(wchar_t *, __wmemcpy_chk, (wchar_t * to, const wchar_t *from, size_t count, size_t size))
{
    moves("wmemcpy", to, from, count);
    return SP_REAL(__wmemcpy_chk)(to, from, count, size);
}

SP_CALL(wchar_t *, __wmemmove_chk, (wchar_t * to, const wchar_t *from, size_t count, size_t size))
{
    moves("wmemmove", to, from, count);
    return SP_REAL(__wmemmove_chk)(to, from, count, size);
}

SP_CALL(wchar_t *, __wmemset_chk, (wchar_t * to, wchar_t wide, size_t count, size_t size))
{
    sp_call_writes("wmemset", to, count * sizeof(wchar_t));
    return SP_REAL(__wmemset_chk)(to, wide, count, size);
}

#endif
