/*
 * calls.h - checked libc calls (debug build, shared object): memcpy, strcpy, printf,
 * read and their like under libc's own names. Where an argument points into our heap,
 * the bytes that the call is about to read or write must lie inside one live block;
 * else a report is raised before the access, with the exact offset. Then the call goes
 * on as it would have, whatever the handler answers: the program stays what it is. A
 * handler that does not want it leaves by longjmp or ends the program.
 *
 *   not our heap     one byte of the segment map is loaded, nothing else
 *   our heap         one look-up: slab, record, two compares
 *   no block there   nothing is said: only what is certain is told
 *
 * Off with SPACES_CHECK_CALLS=0. Calls that the compiler expanded in place and calls
 * inside libc do not come here: guard pages (guard.h) see their accesses.
 */
#ifndef SPACES_CALLS_H
#define SPACES_CALLS_H

#include "base.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include "error.h"
#include "libc_real.h"
#include "segment.h"

/* Define the checked version of libc's `name`. */
#define SP_CALL(type, name, parameters)                      \
    SP_EXPORT type sp_call_##name parameters __asm__(#name); \
    SP_EXPORT type sp_call_##name parameters

static inline bool sp_call_in_heap(const void *p)
{
    uintptr_t unit = (uintptr_t)p >> SP_SEGMENT_SHIFT;
    return unit < sizeof sp_segment_map && sp_load(&sp_segment_map[unit]);
}

/* p lies in our heap: raise what is wrong with an access to `count` > 0 bytes there. */
SP_HIDDEN SP_NOINLINE void sp_call_check(const char *function, const void *p, size_t count,
                                         SpAccess access);
/* p lies in our heap: bytes from it to the end of its live block. Where it is not inside one,
 * that is raised. SIZE_MAX where nothing is known or was raised. */
SP_HIDDEN SP_NOINLINE size_t sp_call_room_in(const char *function, const void *p, SpAccess access);

static inline void sp_call_reads(const char *function, const void *p, size_t count)
{
    if (sp_call_in_heap(p) && count)
        sp_call_check(function, p, count, SP_ACCESS_READ);
}

static inline void sp_call_writes(const char *function, const void *p, size_t count)
{
    if (sp_call_in_heap(p) && count)
        sp_call_check(function, p, count, SP_ACCESS_WRITE);
}

static inline size_t sp_call_room(const char *function, const void *p, SpAccess access)
{
    return sp_call_in_heap(p) ? sp_call_room_in(function, p, access) : SIZE_MAX;
}

/* Length of a string of which a call reads up to its NUL, or at most `most` characters. */
SP_HIDDEN size_t sp_call_length(const char *function, const char *string, size_t most);
SP_HIDDEN size_t sp_call_wide_length(const char *function, const wchar_t *string, size_t most);

/* ---- calls_format.c ------------------------------------------------------------ */

/* What printf reads and writes through its arguments. The format is of char or, where `wide`, of
 * wchar_t; args is left as it was. */
SP_HIDDEN void sp_call_print_arguments(const char *function, const void *format, bool wide,
                                       va_list args);
/* What scanf wrote through the first `assigned` of its arguments. */
SP_HIDDEN void sp_call_scan_arguments(const char *function, const char *format, va_list args,
                                      int assigned);

#endif
#endif
