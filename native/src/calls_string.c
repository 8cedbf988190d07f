/* calls_string.c - checked calls on strings of char. */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <string.h>

#define CHAR               char
#define CHAR_WANTED        int
#define LENGTH             sp_call_length
#define N_LENGTH(s, most)  strnlen((s), (most))
#define NAME(what)         str##what
#define CHECKED_NAME(what) __str##what##_chk
#include "calls_strings.h"

/* ---- what wide strings have not, or have by another name ------------------------- */

SP_CALL(char *, stpcpy, (char *to, const char *from))
{
    copies("stpcpy", to, from, SIZE_MAX, false);
    return SP_REAL(stpcpy)(to, from);
}

SP_CALL(char *, __stpcpy, (char *to, const char *from))
{
    copies("stpcpy", to, from, SIZE_MAX, false);
    return SP_REAL(stpcpy)(to, from);
}

SP_CALL(char *, stpncpy, (char *to, const char *from, size_t count))
{
    copies_padded("stpncpy", to, from, count);
    return SP_REAL(stpncpy)(to, from, count);
}

SP_CALL(char *, __stpcpy_chk, (char *to, const char *from, size_t size))
{
    copies("stpcpy", to, from, SIZE_MAX, false);
    return SP_REAL(__stpcpy_chk)(to, from, size);
}

SP_CALL(char *, __stpncpy_chk, (char *to, const char *from, size_t count, size_t size))
{
    copies_padded("stpncpy", to, from, count);
    return SP_REAL(__stpncpy_chk)(to, from, count, size);
}

/* How many characters are the same, cases apart, is libc's to say: that both end is ours. */
static void compares_folded(const char *function, const char *a, const char *b, size_t most)
{
    size_t room_a = sp_call_room(function, a, SP_ACCESS_READ);
    size_t room_b = sp_call_room(function, b, SP_ACCESS_READ);
    size_t room = least(room_a, room_b);
    if (room >= most || SP_REAL(strncasecmp)(a, b, room))
        return;
    if (strnlen(a, room) < room)
        return; /* equal to the NUL */
    if (room_a == room)
        sp_call_reads(function, a, room + 1);
    if (room_b == room)
        sp_call_reads(function, b, room + 1);
}

SP_CALL(int, strcasecmp, (const char *a, const char *b))
{
    if (any_in_heap(a, b))
        compares_folded("strcasecmp", a, b, SIZE_MAX);
    return SP_REAL(strcasecmp)(a, b);
}

SP_CALL(int, strncasecmp, (const char *a, const char *b, size_t most))
{
    if (any_in_heap(a, b) && most)
        compares_folded("strncasecmp", a, b, most);
    return SP_REAL(strncasecmp)(a, b, most);
}

SP_CALL(char *, strchrnul, (const char *string, int wanted))
{
    size_t room = sp_call_room("strchrnul", string, SP_ACCESS_READ);
    if (room != SIZE_MAX && !SP_REAL(memchr)(string, wanted, room))
        sp_call_length("strchrnul", string, SIZE_MAX);
    return SP_REAL(strchrnul)(string, wanted);
}

SP_CALL(char *, strpbrk, (const char *string, const char *set))
{
    if (sp_call_in_heap(set))
        sp_call_length("strpbrk", set, SIZE_MAX);
    char *found = SP_REAL(strpbrk)(string, set);
    if (!found && sp_call_in_heap(string))
        sp_call_length("strpbrk", string, SIZE_MAX);
    return found;
}

SP_CALL(char *, __strdup, (const char *string))
{
    if (sp_call_in_heap(string))
        sp_call_length("strdup", string, SIZE_MAX);
    return SP_REAL(strdup)(string);
}

SP_CALL(char *, strndup, (const char *string, size_t most))
{
    if (sp_call_in_heap(string) && most)
        sp_call_length("strndup", string, most);
    return SP_REAL(strndup)(string, most);
}

SP_CALL(char *, __strndup, (const char *string, size_t most))
{
    if (sp_call_in_heap(string) && most)
        sp_call_length("strndup", string, most);
    return SP_REAL(strndup)(string, most);
}

#endif
