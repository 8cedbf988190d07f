/*
 * calls_strings.h - the checked calls that libc has twice, for char and for wchar_t:
 * read by calls_string.c and calls_wide.c with CHAR, LENGTH (sp_call_length or its
 * wide twin) and NAME(what), which makes a function's name of its common part.
 *
 * A string is read up to its NUL and no further; where that lies outside its block,
 * what is told is the first character beyond.
 */
#define TEXT_(name) #name
#define TEXT(name)  TEXT_(name)
/* The name as programs know it, and libc's function. */
#define CALLED(what)           TEXT(NAME(what))
#define REAL(what)             SP_REAL(NAME(what))
#define DEFINE_(type, name, a) SP_CALL(type, name, a)
#define DEFINE(type, what, a)  DEFINE_(type, NAME(what), a)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Whether one of two strings may lie in our heap: nothing is done where none does. */
static inline bool any_in_heap(const CHAR *a, const CHAR *b)
{
    return sp_call_in_heap(a) || sp_call_in_heap(b);
}

/* `to` gets `from` and a NUL, of `from` at most `most` characters; where `behind`, at the end of
 * the string that it holds. */
static inline void copies(const char *function, const CHAR *to, const CHAR *from, size_t most,
                          bool behind)
{
    if (sp_likely(!any_in_heap(to, from)))
        return;
    size_t length = most ? LENGTH(function, from, most) : 0;
    if (!sp_call_in_heap(to))
        return;
    size_t there = behind ? LENGTH(function, to, SIZE_MAX) : 0;
    sp_call_writes(function, to + there, (length + 1) * sizeof(CHAR));
}

/* Exactly `count` characters are written. */
static inline void copies_padded(const char *function, const CHAR *to, const CHAR *from,
                                 size_t count)
{
    if (sp_likely(!any_in_heap(to, from)) || !count)
        return;
    if (sp_call_in_heap(from))
        LENGTH(function, from, count);
    sp_call_writes(function, to, count * sizeof(CHAR));
}

/* Two strings are read up to where they differ: both within what is theirs, or told. */
static inline void compares(const char *function, const CHAR *a, const CHAR *b, size_t most)
{
    if (sp_likely(!any_in_heap(a, b)) || !most)
        return;
    size_t room_a = sp_call_room(function, a, SP_ACCESS_READ);
    size_t room_b = sp_call_room(function, b, SP_ACCESS_READ);
    size_t room = least(room_a, room_b) / sizeof(CHAR);
    if (room >= most || room == SIZE_MAX / sizeof(CHAR))
        return;
    if (REAL(ncmp)(a, b, room) || N_LENGTH(a, room) < room)
        return;
    if (room_a / sizeof(CHAR) == room)
        sp_call_reads(function, a, (room + 1) * sizeof(CHAR));
    if (room_b / sizeof(CHAR) == room)
        sp_call_reads(function, b, (room + 1) * sizeof(CHAR));
}

/* ---- the calls ------------------------------------------------------------------- */

DEFINE(size_t, len, (const CHAR *string))
{
    return LENGTH(CALLED(len), string, SIZE_MAX);
}

DEFINE(size_t, nlen, (const CHAR *string, size_t most))
{
    if (sp_likely(!sp_call_in_heap(string)) || !most)
        return REAL(nlen)(string, most);
    return LENGTH(CALLED(nlen), string, most);
}

DEFINE(CHAR *, cpy, (CHAR * to, const CHAR *from))
{
    copies(CALLED(cpy), to, from, SIZE_MAX, false);
    return REAL(cpy)(to, from);
}

DEFINE(CHAR *, ncpy, (CHAR * to, const CHAR *from, size_t count))
{
    copies_padded(CALLED(ncpy), to, from, count);
    return REAL(ncpy)(to, from, count);
}

DEFINE(CHAR *, cat, (CHAR * to, const CHAR *from))
{
    copies(CALLED(cat), to, from, SIZE_MAX, true);
    return REAL(cat)(to, from);
}

DEFINE(CHAR *, ncat, (CHAR * to, const CHAR *from, size_t most))
{
    copies(CALLED(ncat), to, from, most, true);
    return REAL(ncat)(to, from, most);
}

DEFINE(int, cmp, (const CHAR *a, const CHAR *b))
{
    compares(CALLED(cmp), a, b, SIZE_MAX);
    return REAL(cmp)(a, b);
}

DEFINE(int, ncmp, (const CHAR *a, const CHAR *b, size_t most))
{
    compares(CALLED(ncmp), a, b, most);
    return REAL(ncmp)(a, b, most);
}

/* Stops at the first one. */
DEFINE(CHAR *, chr, (const CHAR *string, CHAR_WANTED wanted))
{
    size_t room = sp_call_room(CALLED(chr), string, SP_ACCESS_READ);
    if (room != SIZE_MAX) {
        size_t i = 0;
        room /= sizeof(CHAR);
        while (i < room && string[i] && string[i] != (CHAR)wanted)
            i++;
        if (i == room)
            sp_call_reads(CALLED(chr), string, (room + 1) * sizeof(CHAR));
    }
    return REAL(chr)(string, wanted);
}

DEFINE(CHAR *, rchr, (const CHAR *string, CHAR_WANTED wanted))
{
    if (sp_call_in_heap(string))
        LENGTH(CALLED(rchr), string, SIZE_MAX);
    return REAL(rchr)(string, wanted);
}

DEFINE(CHAR *, str, (const CHAR *string, const CHAR *what))
{
    if (sp_call_in_heap(what))
        LENGTH(CALLED(str), what, SIZE_MAX);
    CHAR *found = NULL;
    if (sp_call_in_heap(string)) {
        /* Where it is found inside, the end need not be. */
        size_t room = sp_call_room(CALLED(str), string, SP_ACCESS_READ);
        if (room != SIZE_MAX && N_LENGTH(string, room / sizeof(CHAR)) == room / sizeof(CHAR)) {
            found = REAL(str)(string, what);
            if (!found || (size_t)((char *)found - (const char *)string) >= room)
                LENGTH(CALLED(str), string, SIZE_MAX);
        }
    }
    return found ? found : REAL(str)(string, what);
}

DEFINE(CHAR *, dup, (const CHAR *string))
{
    if (sp_call_in_heap(string))
        LENGTH(CALLED(dup), string, SIZE_MAX);
    return REAL(dup)(string);
}

/* ---- _FORTIFY_SOURCE ------------------------------------------------------------- */

DEFINE_(CHAR *, CHECKED_NAME(cpy), (CHAR * to, const CHAR *from, size_t size))
{
    copies(CALLED(cpy), to, from, SIZE_MAX, false);
    return SP_REAL(CHECKED_NAME(cpy))(to, from, size);
}

DEFINE_(CHAR *, CHECKED_NAME(ncpy), (CHAR * to, const CHAR *from, size_t count, size_t size))
{
    copies_padded(CALLED(ncpy), to, from, count);
    return SP_REAL(CHECKED_NAME(ncpy))(to, from, count, size);
}

DEFINE_(CHAR *, CHECKED_NAME(cat), (CHAR * to, const CHAR *from, size_t size))
{
    copies(CALLED(cat), to, from, SIZE_MAX, true);
    return SP_REAL(CHECKED_NAME(cat))(to, from, size);
}

DEFINE_(CHAR *, CHECKED_NAME(ncat), (CHAR * to, const CHAR *from, size_t most, size_t size))
{
    copies(CALLED(ncat), to, from, most, true);
    return SP_REAL(CHECKED_NAME(ncat))(to, from, most, size);
}
