/*
 * calls_format.c - the arguments that a format names: read with the types that the
 * format says, as libc reads them. Where it says something unknown (arguments by
 * number, conversions of a program's own), what follows is not looked at.
 */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <limits.h>
#include <string.h>

/* Lengths of a conversion. */
typedef enum Width { W_INT, W_CHAR, W_SHORT, W_LONG, W_LONG_DOUBLE } Width;

typedef struct Format {
    const void *text;
    bool wide; /* of wchar_t */
    size_t at;
} Format;

static uint32_t peek(const Format *format)
{
    return format->wide ? (uint32_t)((const wchar_t *)format->text)[format->at]
                        : (unsigned char)((const char *)format->text)[format->at];
}

static uint32_t next(Format *format)
{
    uint32_t c = peek(format);
    format->at += c != 0;
    return c;
}

/* To behind the next '%'; false at the end. */
static bool to_conversion(Format *format)
{
    uint32_t c;
    while ((c = next(format)))
        if (c == '%')
            return true;
    return false;
}

static size_t number(Format *format)
{
    size_t value = 0;
    while (peek(format) >= '0' && peek(format) <= '9')
        value = value > INT_MAX ? value : value * 10 + next(format) - '0';
    return value;
}

/* The length modifier: all of 64 bits are one on this machine. */
static Width width_of(Format *format)
{
    switch (peek(format)) {
    case 'h':
        next(format);
        if (peek(format) != 'h')
            return W_SHORT;
        next(format);
        return W_CHAR;
    case 'l':
        next(format);
        if (peek(format) == 'l')
            next(format);
        return W_LONG;
    case 'q':
    case 'j':
    case 'z':
    case 'Z':
    case 't':
        next(format);
        return W_LONG;
    case 'L':
        next(format);
        return W_LONG_DOUBLE;
    default:
        return W_INT;
    }
}

static size_t bytes_of(Width width)
{
    return width == W_CHAR ? 1 : width == W_SHORT ? 2 : width == W_INT ? 4 : 8;
}

/* ---- printf ------------------------------------------------------------------------ */

static bool is_flag(uint32_t c)
{
    return c == '-' || c == '+' || c == ' ' || c == '#' || c == '0' || c == '\'' || c == 'I';
}

/* A string argument; at most `most` bytes of output (SIZE_MAX: up to its NUL). */
static void prints(const char *function, const void *string, bool wide, size_t most)
{
    if (!sp_call_in_heap(string) || !most)
        return;
    if (!wide)
        sp_call_length(function, string, most);
    else if (most == SIZE_MAX)
        sp_call_wide_length(function, string, SIZE_MAX);
    else /* each character has one byte of output or more */
        sp_call_room(function, string, SP_ACCESS_READ);
}

void sp_call_print_arguments(const char *function, const void *format, bool wide, va_list given)
{
    Format f = {.text = format, .wide = wide};
    va_list args;
    va_copy(args, given);
    while (to_conversion(&f)) {
        size_t precision = SIZE_MAX;
        while (is_flag(peek(&f)))
            next(&f);
        if (peek(&f) == '*') {
            next(&f);
            va_arg(args, int);
        } else {
            number(&f);
        }
        if (peek(&f) == '.') {
            next(&f);
            if (peek(&f) == '*') {
                next(&f);
                int asked = va_arg(args, int);
                precision = asked < 0 ? SIZE_MAX : (size_t)asked;
            } else {
                precision = number(&f);
            }
        }
        Width width = width_of(&f);
        switch (next(&f)) {
        case 'd':
        case 'i':
        case 'o':
        case 'u':
        case 'x':
        case 'X':
            if (bytes_of(width) == 8)
                va_arg(args, long);
            else
                va_arg(args, int);
            break;
        case 'c':
        case 'C':
            va_arg(args, int);
            break;
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
        case 'a':
        case 'A':
            if (width == W_LONG_DOUBLE)
                va_arg(args, long double);
            else
                va_arg(args, double);
            break;
        case 's':
            prints(function, va_arg(args, const void *), width == W_LONG, precision);
            break;
        case 'S':
            prints(function, va_arg(args, const void *), true, precision);
            break;
        case 'p':
            va_arg(args, const void *);
            break;
        case 'n':
            sp_call_writes(function, va_arg(args, const void *), bytes_of(width));
            break;
        case 'm':
        case '%':
            break;
        default:
            va_end(args);
            return;
        }
    }
    va_end(args);
}

/* ---- scanf -------------------------------------------------------------------------- */

/* A set's end: behind its ']'. */
static void skip_set(Format *format)
{
    if (peek(format) == '^')
        next(format);
    if (peek(format) == ']')
        next(format);
    while (peek(format) && next(format) != ']') {
    }
}

/* A string that was read into an argument. */
static void scanned(const char *function, const void *to, bool wide)
{
    size_t room = sp_call_room(function, to, SP_ACCESS_WRITE);
    if (room == SIZE_MAX)
        return;
    bool ends = wide ? SP_REAL(wcsnlen)(to, room / sizeof(wchar_t)) < room / sizeof(wchar_t)
                     : strnlen(to, room) < room;
    if (!ends)
        sp_call_check(function, to, room + (wide ? sizeof(wchar_t) : 1), SP_ACCESS_WRITE);
}

void sp_call_scan_arguments(const char *function, const char *format, va_list given, int assigned)
{
    Format f = {.text = format};
    va_list args;
    va_copy(args, given);
    while (assigned > 0 && to_conversion(&f)) {
        bool suppressed = false, allocates = false;
        while (peek(&f) == '*' || peek(&f) == '\'' || peek(&f) == 'I')
            suppressed |= next(&f) == '*';
        size_t width = number(&f);
        if (peek(&f) == 'm') {
            next(&f);
            allocates = true;
        }
        Width length = width_of(&f);
        uint32_t conversion = next(&f);
        if (conversion == '[')
            skip_set(&f);
        if (conversion == '%')
            continue;
        if (!conversion || conversion == '$')
            break;
        if (suppressed)
            continue;
        const void *to = va_arg(args, const void *);
        assigned -= conversion != 'n';
        if (allocates) {
            sp_call_writes(function, to, sizeof(char *));
            continue;
        }
        bool wide = length == W_LONG;
        switch (conversion) {
        case 'd':
        case 'i':
        case 'o':
        case 'u':
        case 'x':
        case 'X':
        case 'n':
            sp_call_writes(function, to, bytes_of(length));
            break;
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
        case 'a':
        case 'A':
            sp_call_writes(function, to,
                           length == W_LONG_DOUBLE ? sizeof(long double)
                           : wide                  ? sizeof(double)
                                                   : sizeof(float));
            break;
        case 'p':
            sp_call_writes(function, to, sizeof(void *));
            break;
        case 'c':
            sp_call_writes(function, to, (width ? width : 1) * (wide ? sizeof(wchar_t) : 1));
            break;
        case 's':
        case '[':
            scanned(function, to, wide);
            break;
        case 'S':
            scanned(function, to, true);
            break;
        default:
            assigned = 0;
        }
    }
    va_end(args);
}

#endif
