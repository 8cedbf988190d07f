/*
 * calls_print.c - printf and its family, checked: the strings among the arguments are
 * read, and what sprintf writes is found out before it leaves its block, by having it
 * write no more than the block holds.
 */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <errno.h>

/* Call `result = (call)` with the variable arguments behind `last` in `args`, and return that. */
#define WITH_ARGUMENTS(last, call) \
    va_list args;                  \
    va_start(args, last);          \
    int result = (call);           \
    va_end(args);                  \
    return result

/* ---- to a stream -------------------------------------------------------------------- */

SP_CALL(int, vprintf, (const char *format, va_list args))
{
    sp_call_print_arguments("printf", format, false, args);
    return SP_REAL(vprintf)(format, args);
}

SP_CALL(int, vfprintf, (FILE * stream, const char *format, va_list args))
{
    sp_call_print_arguments("fprintf", format, false, args);
    return SP_REAL(vfprintf)(stream, format, args);
}

SP_CALL(int, vdprintf, (int fd, const char *format, va_list args))
{
    sp_call_print_arguments("dprintf", format, false, args);
    return SP_REAL(vdprintf)(fd, format, args);
}

SP_CALL(int, vasprintf, (char **to, const char *format, va_list args))
{
    sp_call_print_arguments("asprintf", format, false, args);
    return SP_REAL(vasprintf)(to, format, args);
}

SP_CALL(int, vwprintf, (const wchar_t *format, va_list args))
{
    sp_call_print_arguments("wprintf", format, true, args);
    return SP_REAL(vwprintf)(format, args);
}

SP_CALL(int, vfwprintf, (FILE * stream, const wchar_t *format, va_list args))
{
    sp_call_print_arguments("fwprintf", format, true, args);
    return SP_REAL(vfwprintf)(stream, format, args);
}

SP_CALL(int, printf, (const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vprintf(format, args));
}
SP_CALL(int, fprintf, (FILE * stream, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vfprintf(stream, format, args));
}
SP_CALL(int, dprintf, (int fd, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vdprintf(fd, format, args));
}
SP_CALL(int, asprintf, (char **to, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vasprintf(to, format, args));
}
SP_CALL(int, __asprintf, (char **to, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vasprintf(to, format, args));
}
SP_CALL(int, wprintf, (const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vwprintf(format, args));
}
SP_CALL(int, fwprintf, (FILE * stream, const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vfwprintf(stream, format, args));
}

/* ---- to memory ------------------------------------------------------------------------ */

/* Room of a destination if it may be too small for `size` bytes, else SIZE_MAX. */
static size_t narrow_room(const char *function, const void *to, size_t size)
{
    size_t room = size ? sp_call_room(function, to, SP_ACCESS_WRITE) : SIZE_MAX;
    return room < size ? room : SIZE_MAX;
}

/* What sprintf wrote into the room that there is, or would have. */
static bool fits(const char *function, const void *to, size_t room, size_t size, int result)
{
    if (result < 0 || (size_t)result < room)
        return true;
    size_t wanted = (size_t)result + 1;
    sp_call_check(function, to, wanted < size ? wanted : size, SP_ACCESS_WRITE);
    return false;
}

SP_CALL(int, vsnprintf, (char *to, size_t size, const char *format, va_list args))
{
    sp_call_print_arguments("snprintf", format, false, args);
    size_t room = narrow_room("snprintf", to, size);
    if (sp_unlikely(room != SIZE_MAX)) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(vsnprintf)(to, room, format, again);
        va_end(again);
        if (fits("snprintf", to, room, size, result))
            return result;
    }
    return SP_REAL(vsnprintf)(to, size, format, args);
}

SP_CALL(int, vsprintf, (char *to, const char *format, va_list args))
{
    sp_call_print_arguments("sprintf", format, false, args);
    size_t room = narrow_room("sprintf", to, SIZE_MAX);
    if (room != SIZE_MAX) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(vsnprintf)(to, room, format, again);
        va_end(again);
        if (fits("sprintf", to, room, SIZE_MAX, result))
            return result;
    }
    return SP_REAL(vsprintf)(to, format, args);
}

SP_CALL(int, __vsnprintf_chk,
        (char *to, size_t size, int flag, size_t limit, const char *format, va_list args))
{
    sp_call_print_arguments("snprintf", format, false, args);
    size_t room = narrow_room("snprintf", to, size);
    if (sp_unlikely(room < limit)) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(__vsnprintf_chk)(to, room, flag, limit, format, again);
        va_end(again);
        if (fits("snprintf", to, room, size, result))
            return result;
    }
    return SP_REAL(__vsnprintf_chk)(to, size, flag, limit, format, args);
}

SP_CALL(int, __vsprintf_chk, (char *to, int flag, size_t limit, const char *format, va_list args))
{
    sp_call_print_arguments("sprintf", format, false, args);
    size_t room = narrow_room("sprintf", to, limit);
    if (room != SIZE_MAX) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(__vsnprintf_chk)(to, room, flag, limit, format, again);
        va_end(again);
        if (fits("sprintf", to, room, SIZE_MAX, result))
            return result;
    }
    return SP_REAL(__vsprintf_chk)(to, flag, limit, format, args);
}

/* It does not say how long the text would have been: one character too many is what is known. */
static bool wide_fits(const char *function, const wchar_t *to, size_t room, int result)
{
    if (result >= 0 || errno == EILSEQ)
        return true;
    sp_call_check(function, to, (room + 1) * sizeof(wchar_t), SP_ACCESS_WRITE);
    return false;
}

static size_t narrow_wide_room(const char *function, const wchar_t *to, size_t size)
{
    size_t room = size ? sp_call_room(function, to, SP_ACCESS_WRITE) : SIZE_MAX;
    return room / sizeof(wchar_t) < size && room != SIZE_MAX ? room / sizeof(wchar_t) : SIZE_MAX;
}

SP_CALL(int, vswprintf, (wchar_t * to, size_t size, const wchar_t *format, va_list args))
{
    sp_call_print_arguments("swprintf", format, true, args);
    size_t room = narrow_wide_room("swprintf", to, size);
    if (sp_unlikely(room != SIZE_MAX)) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(vswprintf)(to, room, format, again);
        va_end(again);
        if (wide_fits("swprintf", to, room, result))
            return result;
    }
    return SP_REAL(vswprintf)(to, size, format, args);
}

SP_CALL(int, __vswprintf_chk,
        (wchar_t * to, size_t size, int flag, size_t limit, const wchar_t *format, va_list args))
{
    sp_call_print_arguments("swprintf", format, true, args);
    size_t room = narrow_wide_room("swprintf", to, size);
    if (sp_unlikely(room < limit)) {
        va_list again;
        va_copy(again, args);
        int result = SP_REAL(__vswprintf_chk)(to, room, flag, limit, format, again);
        va_end(again);
        if (wide_fits("swprintf", to, room, result))
            return result;
    }
    return SP_REAL(__vswprintf_chk)(to, size, flag, limit, format, args);
}

SP_CALL(int, snprintf, (char *to, size_t size, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vsnprintf(to, size, format, args));
}
SP_CALL(int, sprintf, (char *to, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vsprintf(to, format, args));
}
SP_CALL(int, swprintf, (wchar_t * to, size_t size, const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call_vswprintf(to, size, format, args));
}
SP_CALL(int, __snprintf_chk,
        (char *to, size_t size, int flag, size_t limit, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vsnprintf_chk(to, size, flag, limit, format, args));
}
SP_CALL(int, __sprintf_chk, (char *to, int flag, size_t limit, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vsprintf_chk(to, flag, limit, format, args));
}
SP_CALL(int, __swprintf_chk,
        (wchar_t * to, size_t size, int flag, size_t limit, const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vswprintf_chk(to, size, flag, limit, format, args));
}

/* ---- _FORTIFY_SOURCE, to a stream -------------------------------------------------------- */

SP_CALL(int, __vprintf_chk, (int flag, const char *format, va_list args))
{
    sp_call_print_arguments("printf", format, false, args);
    return SP_REAL(__vprintf_chk)(flag, format, args);
}

SP_CALL(int, __vfprintf_chk, (FILE * stream, int flag, const char *format, va_list args))
{
    sp_call_print_arguments("fprintf", format, false, args);
    return SP_REAL(__vfprintf_chk)(stream, flag, format, args);
}

SP_CALL(int, __vdprintf_chk, (int fd, int flag, const char *format, va_list args))
{
    sp_call_print_arguments("dprintf", format, false, args);
    return SP_REAL(__vdprintf_chk)(fd, flag, format, args);
}

SP_CALL(int, __vasprintf_chk, (char **to, int flag, const char *format, va_list args))
{
    sp_call_print_arguments("asprintf", format, false, args);
    return SP_REAL(__vasprintf_chk)(to, flag, format, args);
}

SP_CALL(int, __vwprintf_chk, (int flag, const wchar_t *format, va_list args))
{
    sp_call_print_arguments("wprintf", format, true, args);
    return SP_REAL(__vwprintf_chk)(flag, format, args);
}

SP_CALL(int, __vfwprintf_chk, (FILE * stream, int flag, const wchar_t *format, va_list args))
{
    sp_call_print_arguments("fwprintf", format, true, args);
    return SP_REAL(__vfwprintf_chk)(stream, flag, format, args);
}

SP_CALL(int, __printf_chk, (int flag, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vprintf_chk(flag, format, args));
}
SP_CALL(int, __fprintf_chk, (FILE * stream, int flag, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vfprintf_chk(stream, flag, format, args));
}
SP_CALL(int, __dprintf_chk, (int fd, int flag, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vdprintf_chk(fd, flag, format, args));
}
SP_CALL(int, __asprintf_chk, (char **to, int flag, const char *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vasprintf_chk(to, flag, format, args));
}
SP_CALL(int, __wprintf_chk, (int flag, const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vwprintf_chk(flag, format, args));
}
SP_CALL(int, __fwprintf_chk, (FILE * stream, int flag, const wchar_t *format, ...))
{
    WITH_ARGUMENTS(format, sp_call___vfwprintf_chk(stream, flag, format, args));
}

#endif
