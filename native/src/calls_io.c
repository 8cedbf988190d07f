/*
 * calls_io.c - checked input and output. A system call's buffer is taken at its word:
 * as many bytes as the call says must be there. A stream may hold less than a call
 * asks for: only what arrives is told.
 */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <string.h>

/* ---- descriptors --------------------------------------------------------------------- */

SP_CALL(ssize_t, read, (int fd, void *to, size_t count))
{
    sp_call_writes("read", to, count);
    return SP_REAL(read)(fd, to, count);
}

SP_CALL(ssize_t, write, (int fd, const void *from, size_t count))
{
    sp_call_reads("write", from, count);
    return SP_REAL(write)(fd, from, count);
}

SP_CALL(ssize_t, pread, (int fd, void *to, size_t count, off_t at))
{
    sp_call_writes("pread", to, count);
    return SP_REAL(pread)(fd, to, count, at);
}

SP_CALL(ssize_t, pread64, (int fd, void *to, size_t count, off_t at))
{
    sp_call_writes("pread", to, count);
    return SP_REAL(pread)(fd, to, count, at);
}

SP_CALL(ssize_t, pwrite, (int fd, const void *from, size_t count, off_t at))
{
    sp_call_reads("pwrite", from, count);
    return SP_REAL(pwrite)(fd, from, count, at);
}

SP_CALL(ssize_t, pwrite64, (int fd, const void *from, size_t count, off_t at))
{
    sp_call_reads("pwrite", from, count);
    return SP_REAL(pwrite)(fd, from, count, at);
}

static void vectors(const char *function, const struct iovec *parts, int count, SpAccess access)
{
    for (int i = 0; i < count && i < 1024; i++)
        if (sp_call_in_heap(parts[i].iov_base) && parts[i].iov_len)
            sp_call_check(function, parts[i].iov_base, parts[i].iov_len, access);
}

SP_CALL(ssize_t, readv, (int fd, const struct iovec *parts, int count))
{
    vectors("readv", parts, count, SP_ACCESS_WRITE);
    return SP_REAL(readv)(fd, parts, count);
}

SP_CALL(ssize_t, writev, (int fd, const struct iovec *parts, int count))
{
    vectors("writev", parts, count, SP_ACCESS_READ);
    return SP_REAL(writev)(fd, parts, count);
}

SP_CALL(ssize_t, recv, (int fd, void *to, size_t count, int flags))
{
    sp_call_writes("recv", to, count);
    return SP_REAL(recv)(fd, to, count, flags);
}

SP_CALL(ssize_t, recvfrom,
        (int fd, void *to, size_t count, int flags, struct sockaddr *address, socklen_t *length))
{
    sp_call_writes("recvfrom", to, count);
    return SP_REAL(recvfrom)(fd, to, count, flags, address, length);
}

SP_CALL(ssize_t, send, (int fd, const void *from, size_t count, int flags))
{
    sp_call_reads("send", from, count);
    return SP_REAL(send)(fd, from, count, flags);
}

SP_CALL(ssize_t, sendto,
        (int fd, const void *from, size_t count, int flags, const struct sockaddr *address,
         socklen_t length))
{
    sp_call_reads("sendto", from, count);
    return SP_REAL(sendto)(fd, from, count, flags, address, length);
}

SP_CALL(ssize_t, __read_chk, (int fd, void *to, size_t count, size_t size))
{
    sp_call_writes("read", to, count);
    return SP_REAL(__read_chk)(fd, to, count, size);
}

SP_CALL(ssize_t, __pread_chk, (int fd, void *to, size_t count, off_t at, size_t size))
{
    sp_call_writes("pread", to, count);
    return SP_REAL(__pread_chk)(fd, to, count, at, size);
}

SP_CALL(ssize_t, __recv_chk, (int fd, void *to, size_t count, size_t size, int flags))
{
    sp_call_writes("recv", to, count);
    return SP_REAL(__recv_chk)(fd, to, count, size, flags);
}

/* ---- streams: from memory ------------------------------------------------------------- */

SP_CALL(size_t, fwrite, (const void *from, size_t size, size_t members, FILE *stream))
{
    sp_call_reads("fwrite", from, size * members);
    return SP_REAL(fwrite)(from, size, members, stream);
}

SP_CALL(size_t, fwrite_unlocked, (const void *from, size_t size, size_t members, FILE *stream))
{
    sp_call_reads("fwrite", from, size * members);
    return SP_REAL(fwrite_unlocked)(from, size, members, stream);
}

SP_CALL(int, fputs, (const char *string, FILE *stream))
{
    if (sp_call_in_heap(string))
        sp_call_length("fputs", string, SIZE_MAX);
    return SP_REAL(fputs)(string, stream);
}

SP_CALL(int, fputs_unlocked, (const char *string, FILE *stream))
{
    if (sp_call_in_heap(string))
        sp_call_length("fputs", string, SIZE_MAX);
    return SP_REAL(fputs_unlocked)(string, stream);
}

SP_CALL(int, fputws, (const wchar_t *string, FILE *stream))
{
    if (sp_call_in_heap(string))
        sp_call_wide_length("fputws", string, SIZE_MAX);
    return SP_REAL(fputws)(string, stream);
}

SP_CALL(int, puts, (const char *string))
{
    if (sp_call_in_heap(string))
        sp_call_length("puts", string, SIZE_MAX);
    return SP_REAL(puts)(string);
}

/* ---- streams: to memory ---------------------------------------------------------------- */

/* fread of more than the block holds: first what it holds, then, if there is more, the rest. */
static SP_COLD size_t read_past(void *to, size_t room, size_t size, size_t members, FILE *stream)
{
    size_t total = size * members;
    flockfile(stream);
    size_t got = SP_REAL(fread_unlocked)(to, 1, room, stream);
    int more = got == room ? getc_unlocked(stream) : EOF;
    if (more != EOF) {
        ungetc(more, stream);
        sp_call_check("fread", to, total, SP_ACCESS_WRITE);
        got += SP_REAL(fread_unlocked)((char *)to + room, 1, total - room, stream);
    }
    funlockfile(stream);
    return got / size;
}

SP_CALL(size_t, fread, (void *to, size_t size, size_t members, FILE *stream))
{
    size_t total = size * members;
    size_t room = total ? sp_call_room("fread", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < total))
        return read_past(to, room, size, members, stream);
    return SP_REAL(fread)(to, size, members, stream);
}

SP_CALL(size_t, fread_unlocked, (void *to, size_t size, size_t members, FILE *stream))
{
    size_t total = size * members;
    size_t room = total ? sp_call_room("fread", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < total))
        return read_past(to, room, size, members, stream);
    return SP_REAL(fread_unlocked)(to, size, members, stream);
}

SP_CALL(size_t, __fread_chk, (void *to, size_t limit, size_t size, size_t members, FILE *stream))
{
    size_t total = size * members;
    size_t room = total ? sp_call_room("fread", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < total && total <= limit))
        return read_past(to, room, size, members, stream);
    return SP_REAL(__fread_chk)(to, limit, size, members, stream);
}

/* A line that does not end where its block does: read up to there, told, then read on. */
static SP_COLD char *line_past(char *to, size_t room, int size, FILE *stream)
{
    char *line = SP_REAL(fgets)(to, (int)room, stream);
    if (!line || SP_REAL(memchr)(to, '\n', strlen(to)) || strlen(to) + 1 < room)
        return line;
    int more = getc(stream);
    if (more == EOF)
        return line;
    ungetc(more, stream);
    sp_call_check("fgets", to, room + 1, SP_ACCESS_WRITE);
    size_t got = room - 1;
    SP_REAL(fgets)(to + got, size - (int)got, stream);
    return to;
}

SP_CALL(char *, fgets, (char *to, int size, FILE *stream))
{
    size_t room = size > 0 ? sp_call_room("fgets", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < (size_t)size))
        return line_past(to, room, size, stream);
    return SP_REAL(fgets)(to, size, stream);
}

SP_CALL(char *, fgets_unlocked, (char *to, int size, FILE *stream))
{
    size_t room = size > 0 ? sp_call_room("fgets", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < (size_t)size))
        return line_past(to, room, size, stream);
    return SP_REAL(fgets_unlocked)(to, size, stream);
}

SP_CALL(char *, __fgets_chk, (char *to, size_t limit, int size, FILE *stream))
{
    size_t room = size > 0 ? sp_call_room("fgets", to, SP_ACCESS_WRITE) : SIZE_MAX;
    if (sp_unlikely(room < (size_t)size && (size_t)size <= limit))
        return line_past(to, room, size, stream);
    return SP_REAL(__fgets_chk)(to, limit, size, stream);
}

/* Told afterwards, where the line was longer than its block. */
static wchar_t *wide_line(wchar_t *line)
{
    if (line && sp_call_in_heap(line)) {
        size_t room = sp_call_room("fgetws", line, SP_ACCESS_WRITE);
        size_t length = SP_REAL(wcslen)(line) + 1;
        if (length > room / sizeof(wchar_t))
            sp_call_check("fgetws", line, length * sizeof(wchar_t), SP_ACCESS_WRITE);
    }
    return line;
}

SP_CALL(wchar_t *, fgetws, (wchar_t * to, int size, FILE *stream))
{
    return wide_line(SP_REAL(fgetws)(to, size, stream));
}

SP_CALL(wchar_t *, __fgetws_chk, (wchar_t * to, size_t limit, int size, FILE *stream))
{
    return wide_line(SP_REAL(__fgetws_chk)(to, limit, size, stream));
}

SP_CALL(char *, gets, (char *to))
{
    char *line = SP_REAL(gets)(to);
    if (line && sp_call_in_heap(line))
        sp_call_check("gets", line, strlen(line) + 1, SP_ACCESS_WRITE);
    return line;
}

SP_CALL(ssize_t, getdelim, (char **line, size_t *size, int delimiter, FILE *stream))
{
    if (line && size && *line)
        sp_call_writes("getdelim", *line, *size);
    return SP_REAL(getdelim)(line, size, delimiter, stream);
}

SP_CALL(ssize_t, __getdelim, (char **line, size_t *size, int delimiter, FILE *stream))
{
    if (line && size && *line)
        sp_call_writes("getdelim", *line, *size);
    return SP_REAL(getdelim)(line, size, delimiter, stream);
}

SP_CALL(ssize_t, getline, (char **line, size_t *size, FILE *stream))
{
    if (line && size && *line)
        sp_call_writes("getline", *line, *size);
    return SP_REAL(getline)(line, size, stream);
}

#endif
