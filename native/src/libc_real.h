/*
 * libc_real.h - the functions of libc that the debug build's shared object stands in
 * front of (calls.h), found by name behind us. Until they are found, the start of a
 * process being what it is, memory and strings are worked on by loops of our own.
 */
#ifndef SPACES_LIBC_REAL_H
#define SPACES_LIBC_REAL_H

#include "base.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <wchar.h>

typedef void (*SpSignalHandler)(int);
typedef int (*SpCompare)(const void *, const void *);

#define SP_REAL_MEMORY(X)                                            \
    X(void *, memmove, (void *, const void *, size_t))               \
    X(void *, memset, (void *, int, size_t))                         \
    X(int, memcmp, (const void *, const void *, size_t))             \
    X(void *, memchr, (const void *, int, size_t))                   \
    X(void *, memrchr, (const void *, int, size_t))                  \
    X(void *, memmem, (const void *, size_t, const void *, size_t))  \
    X(void *, memccpy, (void *, const void *, int, size_t))          \
    X(void *, __memcpy_chk, (void *, const void *, size_t, size_t))  \
    X(void *, __memmove_chk, (void *, const void *, size_t, size_t)) \
    X(void *, __mempcpy_chk, (void *, const void *, size_t, size_t)) \
    X(void *, __memset_chk, (void *, int, size_t, size_t))           \
    X(void, qsort, (void *, size_t, size_t, SpCompare))              \
    X(void *, bsearch, (const void *, const void *, size_t, size_t, SpCompare))

#define SP_REAL_STRINGS(X)                                           \
    X(size_t, strlen, (const char *))                                \
    X(size_t, strnlen, (const char *, size_t))                       \
    X(char *, strcpy, (char *, const char *))                        \
    X(char *, stpcpy, (char *, const char *))                        \
    X(char *, strncpy, (char *, const char *, size_t))               \
    X(char *, stpncpy, (char *, const char *, size_t))               \
    X(char *, strcat, (char *, const char *))                        \
    X(char *, strncat, (char *, const char *, size_t))               \
    X(int, strcmp, (const char *, const char *))                     \
    X(int, strncmp, (const char *, const char *, size_t))            \
    X(int, strcasecmp, (const char *, const char *))                 \
    X(int, strncasecmp, (const char *, const char *, size_t))        \
    X(char *, strchr, (const char *, int))                           \
    X(char *, strchrnul, (const char *, int))                        \
    X(char *, strrchr, (const char *, int))                          \
    X(char *, strstr, (const char *, const char *))                  \
    X(char *, strpbrk, (const char *, const char *))                 \
    X(char *, strdup, (const char *))                                \
    X(char *, strndup, (const char *, size_t))                       \
    X(char *, __strcpy_chk, (char *, const char *, size_t))          \
    X(char *, __stpcpy_chk, (char *, const char *, size_t))          \
    X(char *, __strncpy_chk, (char *, const char *, size_t, size_t)) \
    X(char *, __stpncpy_chk, (char *, const char *, size_t, size_t)) \
    X(char *, __strcat_chk, (char *, const char *, size_t))          \
    X(char *, __strncat_chk, (char *, const char *, size_t, size_t))

#define SP_REAL_WIDE(X)                                                        \
    X(size_t, wcslen, (const wchar_t *))                                       \
    X(size_t, wcsnlen, (const wchar_t *, size_t))                              \
    X(wchar_t *, wcscpy, (wchar_t *, const wchar_t *))                         \
    X(wchar_t *, wcpcpy, (wchar_t *, const wchar_t *))                         \
    X(wchar_t *, wcsncpy, (wchar_t *, const wchar_t *, size_t))                \
    X(wchar_t *, wcpncpy, (wchar_t *, const wchar_t *, size_t))                \
    X(wchar_t *, wcscat, (wchar_t *, const wchar_t *))                         \
    X(wchar_t *, wcsncat, (wchar_t *, const wchar_t *, size_t))                \
    X(int, wcscmp, (const wchar_t *, const wchar_t *))                         \
    X(int, wcsncmp, (const wchar_t *, const wchar_t *, size_t))                \
    X(wchar_t *, wcschr, (const wchar_t *, wchar_t))                           \
    X(wchar_t *, wcsrchr, (const wchar_t *, wchar_t))                          \
    X(wchar_t *, wcsstr, (const wchar_t *, const wchar_t *))                   \
    X(wchar_t *, wcsdup, (const wchar_t *))                                    \
    X(wchar_t *, wmemmove, (wchar_t *, const wchar_t *, size_t))               \
    X(wchar_t *, wmemset, (wchar_t *, wchar_t, size_t))                        \
    X(int, wmemcmp, (const wchar_t *, const wchar_t *, size_t))                \
    X(wchar_t *, wmemchr, (const wchar_t *, wchar_t, size_t))                  \
    X(wchar_t *, __wcscpy_chk, (wchar_t *, const wchar_t *, size_t))           \
    X(wchar_t *, __wcsncpy_chk, (wchar_t *, const wchar_t *, size_t, size_t))  \
    X(wchar_t *, __wcscat_chk, (wchar_t *, const wchar_t *, size_t))           \
    X(wchar_t *, __wcsncat_chk, (wchar_t *, const wchar_t *, size_t, size_t))  \
    X(wchar_t *, __wmemcpy_chk, (wchar_t *, const wchar_t *, size_t, size_t))  \
    X(wchar_t *, __wmemmove_chk, (wchar_t *, const wchar_t *, size_t, size_t)) \
    X(wchar_t *, __wmemset_chk, (wchar_t *, wchar_t, size_t, size_t))

#define SP_REAL_PRINT(X)                                                          \
    X(int, vprintf, (const char *, va_list))                                      \
    X(int, vfprintf, (FILE *, const char *, va_list))                             \
    X(int, vdprintf, (int, const char *, va_list))                                \
    X(int, vsprintf, (char *, const char *, va_list))                             \
    X(int, vsnprintf, (char *, size_t, const char *, va_list))                    \
    X(int, vasprintf, (char **, const char *, va_list))                           \
    X(int, vwprintf, (const wchar_t *, va_list))                                  \
    X(int, vfwprintf, (FILE *, const wchar_t *, va_list))                         \
    X(int, vswprintf, (wchar_t *, size_t, const wchar_t *, va_list))              \
    X(int, __vprintf_chk, (int, const char *, va_list))                           \
    X(int, __vfprintf_chk, (FILE *, int, const char *, va_list))                  \
    X(int, __vdprintf_chk, (int, int, const char *, va_list))                     \
    X(int, __vasprintf_chk, (char **, int, const char *, va_list))                \
    X(int, __vsprintf_chk, (char *, int, size_t, const char *, va_list))          \
    X(int, __vsnprintf_chk, (char *, size_t, int, size_t, const char *, va_list)) \
    X(int, __vwprintf_chk, (int, const wchar_t *, va_list))                       \
    X(int, __vfwprintf_chk, (FILE *, int, const wchar_t *, va_list))              \
    X(int, __vswprintf_chk, (wchar_t *, size_t, int, size_t, const wchar_t *, va_list))

#define SP_REAL_IO(X)                                                                        \
    X(ssize_t, read, (int, void *, size_t))                                                  \
    X(ssize_t, write, (int, const void *, size_t))                                           \
    X(ssize_t, pread, (int, void *, size_t, off_t))                                          \
    X(ssize_t, pwrite, (int, const void *, size_t, off_t))                                   \
    X(ssize_t, readv, (int, const struct iovec *, int))                                      \
    X(ssize_t, writev, (int, const struct iovec *, int))                                     \
    X(ssize_t, recv, (int, void *, size_t, int))                                             \
    X(ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *))         \
    X(ssize_t, send, (int, const void *, size_t, int))                                       \
    X(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
    X(ssize_t, __read_chk, (int, void *, size_t, size_t))                                    \
    X(ssize_t, __pread_chk, (int, void *, size_t, off_t, size_t))                            \
    X(ssize_t, __recv_chk, (int, void *, size_t, size_t, int))                               \
    X(size_t, fread, (void *, size_t, size_t, FILE *))                                       \
    X(size_t, fread_unlocked, (void *, size_t, size_t, FILE *))                              \
    X(size_t, fwrite, (const void *, size_t, size_t, FILE *))                                \
    X(size_t, fwrite_unlocked, (const void *, size_t, size_t, FILE *))                       \
    X(char *, fgets, (char *, int, FILE *))                                                  \
    X(char *, fgets_unlocked, (char *, int, FILE *))                                         \
    X(wchar_t *, fgetws, (wchar_t *, int, FILE *))                                           \
    X(int, fputs, (const char *, FILE *))                                                    \
    X(int, fputs_unlocked, (const char *, FILE *))                                           \
    X(int, fputws, (const wchar_t *, FILE *))                                                \
    X(int, puts, (const char *))                                                             \
    X(char *, gets, (char *))                                                                \
    X(ssize_t, getdelim, (char **, size_t *, int, FILE *))                                   \
    X(ssize_t, getline, (char **, size_t *, FILE *))                                         \
    X(size_t, __fread_chk, (void *, size_t, size_t, size_t, FILE *))                         \
    X(char *, __fgets_chk, (char *, size_t, int, FILE *))                                    \
    X(wchar_t *, __fgetws_chk, (wchar_t *, size_t, int, FILE *))

#define SP_REAL_SIGNALS(X)                                                 \
    X(int, sigaction, (int, const struct sigaction *, struct sigaction *)) \
    X(SpSignalHandler, signal, (int, SpSignalHandler))                     \
    X(SpSignalHandler, bsd_signal, (int, SpSignalHandler))                 \
    X(SpSignalHandler, ssignal, (int, SpSignalHandler))                    \
    X(SpSignalHandler, sysv_signal, (int, SpSignalHandler))                \
    X(SpSignalHandler, __sysv_signal, (int, SpSignalHandler))              \
    X(int, sigprocmask, (int, const sigset_t *, sigset_t *))               \
    X(int, pthread_sigmask, (int, const sigset_t *, sigset_t *))

#define SP_REAL_ALL(X) \
    SP_REAL_MEMORY(X)  \
    SP_REAL_STRINGS(X) SP_REAL_WIDE(X) SP_REAL_PRINT(X) SP_REAL_IO(X) SP_REAL_SIGNALS(X)

/* One pointer a function; NULL where libc has none of that name. Constant once `ready`. */
typedef struct SpRealCalls {
    bool ready;
#define SP_REAL_FIELD(type, name, parameters) type(*name) parameters;
    SP_REAL_ALL(SP_REAL_FIELD)
#undef SP_REAL_FIELD
} SpRealCalls;

SP_HIDDEN extern SpRealCalls sp_real_calls;

/* Look them all up. Not before libc is relocated: from the library's constructor on, or from a
 * call that needs libc anyway. */
SP_HIDDEN SP_NOINLINE void sp_real_find(void);

/* A function that this libc may not have: where a program calls it, it has. Looking for one in
 * vain would allocate, before the program has said how. */
SP_HIDDEN void *sp_real_seldom(void **slot, const char *name);

/* The function of libc. */
#define SP_REAL(name) (sp_real()->name)
static inline const SpRealCalls *sp_real(void)
{
    if (sp_unlikely(!sp_load_acquire(&sp_real_calls.ready)))
        sp_real_find();
    return &sp_real_calls;
}

#endif
#endif
