/*
 * calls_scan.c - scanf and its family. How much a conversion writes is known when it
 * has been done: these checks come right after the call, for what was assigned.
 */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <string.h>

typedef int VScan(const char *, va_list);
typedef int VFScan(FILE *, const char *, va_list);
typedef int VSScan(const char *, const char *, va_list);

/* libc's function: which of them it has depends on its age. */
#define SCAN(name, Type)                              \
    ({                                                \
        static void *name##_found;                    \
        (Type *)sp_real_seldom(&name##_found, #name); \
    })

/* Define the three calls of one standard's scanf. */
#define SCANS(prefix)                                                                   \
    SP_CALL(int, prefix##vscanf, (const char *format, va_list args))                    \
    {                                                                                   \
        va_list again;                                                                  \
        va_copy(again, args);                                                           \
        int assigned = SCAN(prefix##vscanf, VScan)(format, args);                       \
        sp_call_scan_arguments("scanf", format, again, assigned);                       \
        va_end(again);                                                                  \
        return assigned;                                                                \
    }                                                                                   \
    SP_CALL(int, prefix##vfscanf, (FILE * stream, const char *format, va_list args))    \
    {                                                                                   \
        va_list again;                                                                  \
        va_copy(again, args);                                                           \
        int assigned = SCAN(prefix##vfscanf, VFScan)(stream, format, args);             \
        sp_call_scan_arguments("fscanf", format, again, assigned);                      \
        va_end(again);                                                                  \
        return assigned;                                                                \
    }                                                                                   \
    SP_CALL(int, prefix##vsscanf, (const char *text, const char *format, va_list args)) \
    {                                                                                   \
        if (sp_call_in_heap(text))                                                      \
            sp_call_length("sscanf", text, SIZE_MAX);                                   \
        va_list again;                                                                  \
        va_copy(again, args);                                                           \
        int assigned = SCAN(prefix##vsscanf, VSScan)(text, format, args);               \
        sp_call_scan_arguments("sscanf", format, again, assigned);                      \
        va_end(again);                                                                  \
        return assigned;                                                                \
    }                                                                                   \
    SP_CALL(int, prefix##scanf, (const char *format, ...))                              \
    {                                                                                   \
        va_list args;                                                                   \
        va_start(args, format);                                                         \
        int assigned = sp_call_##prefix##vscanf(format, args);                          \
        va_end(args);                                                                   \
        return assigned;                                                                \
    }                                                                                   \
    SP_CALL(int, prefix##fscanf, (FILE * stream, const char *format, ...))              \
    {                                                                                   \
        va_list args;                                                                   \
        va_start(args, format);                                                         \
        int assigned = sp_call_##prefix##vfscanf(stream, format, args);                 \
        va_end(args);                                                                   \
        return assigned;                                                                \
    }                                                                                   \
    SP_CALL(int, prefix##sscanf, (const char *text, const char *format, ...))           \
    {                                                                                   \
        va_list args;                                                                   \
        va_start(args, format);                                                         \
        int assigned = sp_call_##prefix##vsscanf(text, format, args);                   \
        va_end(args);                                                                   \
        return assigned;                                                                \
    }

/* The first, C99's and C23's: headers choose. */
SCANS()
SCANS(__isoc99_)
SCANS(__isoc23_)

#endif
