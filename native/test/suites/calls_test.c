/* calls_test.c - checked libc calls: each in a child of its own, once with an access that
 * leaves its block (one report, of the kind, with the bytes and the offset, from the call's own
 * function) and once just inside it (none). Debug build. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include "harness.h"

#define DEBUG_ONLY()       \
    if (!is_debug_build()) \
    skip()

#define SIZE 50 /* of each block; in wide characters: 12 */

static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
static const wchar_t wide[] = L"01234567890123456789012345678901234567890123456789";
static const char set[] = "ab";

/* What the compiler must not leave out. */
#define used(value) keep((uintptr_t)(value))
VISIBLE void keep(uintptr_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

/* The header has an inline one. */
static void *(*volatile search)(const void *, const void *, size_t, size_t,
                                int (*)(const void *, const void *)) = bsearch;

/* A stream that holds the text, its first `length` characters and a newline. */
static FILE *stream_of(const char *string, size_t length)
{
    FILE *stream = tmpfile();
    fwrite(string, 1, length, stream);
    fputc('\n', stream);
    rewind(stream);
    return stream;
}

VISIBLE int prints_to(char *to, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = vsnprintf(to, size, format, args);
    va_end(args);
    return result;
}

/* _FORTIFY_SOURCE's calls, as the compiler makes them where it does not know a size. */
extern void *__memcpy_chk(void *, const void *, size_t, size_t);
extern void *__memset_chk(void *, int, size_t, size_t);
extern char *__strcpy_chk(char *, const char *, size_t);
extern char *__strcat_chk(char *, const char *, size_t);
extern char *__strncpy_chk(char *, const char *, size_t, size_t);
extern int __sprintf_chk(char *, int, size_t, const char *, ...);
extern int __snprintf_chk(char *, size_t, int, size_t, const char *, ...);
extern int __printf_chk(int, const char *, ...);
extern wchar_t *__wcscpy_chk(wchar_t *, const wchar_t *, size_t);
extern ssize_t __read_chk(int, void *, size_t, size_t);
#define ANY ((size_t)-1)

/*
 * What is told | the call. p: SIZE bytes of 'x' without a NUL; s: a string of 9; f: a freed
 * block; w: 12 wide characters without a NUL; n: one more than fits, or what just fits; at: `text`
 * from where so many characters are left; ends: p, with a NUL in its last byte where that is right.
 */
#define CALLS(X)                                                                              \
    X("memcpy writes 51 bytes at offset 0", memcpy(p, text, n))                               \
    X("memcpy reads 51 bytes at offset 0", memcpy(out, p, n))                                 \
    X("memmove writes 51 bytes at offset 0", memmove(p, text, n))                             \
    X("mempcpy writes 51 bytes at offset 0", mempcpy(p, text, n))                             \
    X("memset writes 51 bytes at offset 0", memset(p, 1, n))                                  \
    X("memcmp reads 51 bytes at offset 0", used(memcmp(text, p, n)))                          \
    X("memchr reads 51 bytes at offset 0", used(memchr(p, '?', n)))                           \
    X("memrchr reads 51 bytes at offset 0", used(memrchr(p, '?', n)))                         \
    X("memmem reads 51 bytes at offset 0", used(memmem(p, n, "?", 1)))                        \
    X("memccpy writes 51 bytes at offset 0", memccpy(p, text, '?', n))                        \
    X("bcopy writes 51 bytes at offset 0", bcopy(text, p, n))                                 \
    X("bzero writes 51 bytes at offset 0", bzero(p, n))                                       \
    X("explicit_bzero writes 51 bytes at offset 0", explicit_bzero(p, n))                     \
    X("qsort writes 51 bytes at offset 0", qsort(p, n, 1, compare_bytes))                     \
    X("bsearch reads 51 bytes at offset 0", used(search("?", p, n, 1, compare_bytes)))        \
    X("strlen reads 51 bytes at offset 0", used(strlen(ends)))                                \
    X("strnlen reads 51 bytes at offset 0", used(strnlen(p, n)))                              \
    X("strcpy writes 51 bytes at offset 0", strcpy(p, at(n - 1)))                             \
    X("strcpy reads 51 bytes at offset 0", strcpy(out, ends))                                 \
    X("stpcpy writes 51 bytes at offset 0", stpcpy(p, at(n - 1)))                             \
    X("strncpy writes 51 bytes at offset 0", strncpy(p, "a", n))                              \
    X("strncpy reads 51 bytes at offset 0", strncpy(out, p, n))                               \
    X("stpncpy writes 51 bytes at offset 0", stpncpy(p, "a", n))                              \
    X("strcat writes 42 bytes at offset 9", strcat(s, at(n - 10)))                            \
    X("strcat reads 51 bytes at offset 0", strcat(ends, ""))                                  \
    X("strncat writes 42 bytes at offset 9", strncat(s, text, n - 10))                        \
    X("strcmp reads 51 bytes at offset 0", used(strcmp(ends, out_as_p)))                      \
    X("strncmp reads 51 bytes at offset 0", used(strncmp(p, out_as_p, n)))                    \
    X("strcasecmp reads 51 bytes at offset 0", used(strcasecmp(ends, out_as_p)))              \
    X("strncasecmp reads 51 bytes at offset 0", used(strncasecmp(p, out_as_p, n)))            \
    X("strchr reads 51 bytes at offset 0", used(strchr(ends, '?')))                           \
    X("strchrnul reads 51 bytes at offset 0", used(strchrnul(ends, '?')))                     \
    X("strrchr reads 51 bytes at offset 0", used(strrchr(ends, '?')))                         \
    X("strstr reads 51 bytes at offset 0", used(strstr(ends, "?")))                           \
    X("strpbrk reads 51 bytes at offset 0", used(strpbrk(ends, set)))                         \
    X("strdup reads 51 bytes at offset 0", strdup(ends))                                      \
    X("strndup reads 51 bytes at offset 0", strndup(p, n))                                    \
    X("wcslen reads 52 bytes at offset 0", used(wcslen(wide_ends)))                           \
    X("wcsnlen reads 52 bytes at offset 0", used(wcsnlen(w, n - 38)))                         \
    X("wcscpy writes 52 bytes at offset 0", wcscpy(w, wide_at(n - 39)))                       \
    X("wcpcpy writes 52 bytes at offset 0", wcpcpy(w, wide_at(n - 39)))                       \
    X("wcsncpy writes 52 bytes at offset 0", wcsncpy(w, L"a", n - 38))                        \
    X("wcpncpy writes 52 bytes at offset 0", wcpncpy(w, L"a", n - 38))                        \
    X("wcscat reads 52 bytes at offset 0", wcscat(wide_ends, L""))                            \
    X("wcsncat reads 52 bytes at offset 0", wcsncat(wide_ends, L"", 1))                       \
    X("wcscmp reads 52 bytes at offset 0", used(wcscmp(wide_ends, wide_out)))                 \
    X("wcsncmp reads 52 bytes at offset 0", used(wcsncmp(w, wide_out, n - 38)))               \
    X("wcschr reads 52 bytes at offset 0", used(wcschr(wide_ends, L'?')))                     \
    X("wcsrchr reads 52 bytes at offset 0", used(wcsrchr(wide_ends, L'?')))                   \
    X("wcsstr reads 52 bytes at offset 0", used(wcsstr(wide_ends, L"?")))                     \
    X("wcsdup reads 52 bytes at offset 0", wcsdup(wide_ends))                                 \
    X("wmemcpy writes 52 bytes at offset 0", wmemcpy(w, wide, n - 38))                        \
    X("wmempcpy writes 52 bytes at offset 0", wmempcpy(w, wide, n - 38))                      \
    X("wmemmove writes 52 bytes at offset 0", wmemmove(w, wide, n - 38))                      \
    X("wmemset writes 52 bytes at offset 0", wmemset(w, L'a', n - 38))                        \
    X("wmemcmp reads 52 bytes at offset 0", used(wmemcmp(wide, w, n - 38)))                   \
    X("wmemchr reads 52 bytes at offset 0", used(wmemchr(w, L'?', n - 38)))                   \
    X("printf reads 51 bytes at offset 0", printf("%-3d%5.2f%s\n", 1, 2.0, ends))             \
    X("printf reads 51 bytes at offset 0", printf("%c%*.*s\n", 'a', 3, (int)n, p))            \
    X("printf reads 52 bytes at offset 0", printf("%Lf%ls\n", 1.0L, wide_ends))               \
    X("fprintf reads 51 bytes at offset 0", fprintf(stdout, "%ld%s\n", 1L, ends))             \
    X("dprintf reads 51 bytes at offset 0", dprintf(1, "%zu%s\n", n, ends))                   \
    X("asprintf reads 51 bytes at offset 0", asprintf(&line, "%p%s", out, ends))              \
    X("sprintf writes 51 bytes at offset 0", sprintf(p, "%s", at(n - 1)))                     \
    X("sprintf writes 51 bytes at offset 0", sprintf(p, "%0*d", (int)n - 1, 1))               \
    X("snprintf writes 51 bytes at offset 0", snprintf(p, 100, "%s", at(n - 1)))              \
    X("snprintf writes 51 bytes at offset 0", used(prints_to(p, 100, "%s", at(n - 1))))       \
    X("swprintf writes 52 bytes at offset 0", swprintf(w, 100, L"%ls", wide_at(n - 39)))      \
    X("swprintf reads 51 bytes at offset 0", swprintf(wide_out, 100, L"%s", ends))            \
    X("sscanf writes 51 bytes at offset 0", sscanf(at(n - 1), "%s", p))                       \
    X("sscanf writes 51 bytes at offset 0", sscanf(at(n - 1), "%[0-9]", p))                   \
    X("sscanf writes 4 bytes at offset 47", sscanf("7 8", "%*d %d", (int *)(p + n - 4)))      \
    X("sscanf writes 51 bytes at offset 0", sscanf(text, wrong ? "%51c" : "%50c", p))         \
    X("sscanf reads 51 bytes at offset 0", sscanf(ends, "%c", out))                           \
    X("fscanf writes 51 bytes at offset 0", fscanf(stream_of(text, n - 1), "%s", p))          \
    X("read writes 51 bytes at offset 0", read(zero, p, n))                                   \
    X("pread writes 51 bytes at offset 0", pread(zero, p, n, 0))                              \
    X("write reads 51 bytes at offset 0", write(null, p, n))                                  \
    X("pwrite reads 51 bytes at offset 0", pwrite(null, p, n, 0))                             \
    X("readv writes 51 bytes at offset 0", readv(zero, &(struct iovec){p, n}, 1))             \
    X("writev reads 51 bytes at offset 0", writev(null, &(struct iovec){p, n}, 1))            \
    X("send reads 51 bytes at offset 0", send(pair[0], p, n, 0))                              \
    X("sendto reads 51 bytes at offset 0", sendto(pair[0], p, n, 0, NULL, 0))                 \
    X("recv writes 51 bytes at offset 0", recv(pair[1], p, n, 0))                             \
    X("recvfrom writes 51 bytes at offset 0", recvfrom(pair[1], p, n, 0, NULL, NULL))         \
    X("fwrite reads 51 bytes at offset 0", fwrite(p, 1, n, stdout))                           \
    X("fread writes 60 bytes at offset 0", fread(p, 1, 60, stream_of(text, n - 1)))           \
    X("fgets writes 51 bytes at offset 0", fgets(p, 60, stream_of(text, n - 2)))              \
    X("fputs reads 51 bytes at offset 0", fputs(ends, stdout))                                \
    X("puts reads 51 bytes at offset 0", puts(ends))                                          \
    X("writes 51 bytes at offset 0", getline(&p, &n, stream_of(text, 3)))                     \
    X("memcpy writes 51 bytes at offset 0", __memcpy_chk(p, text, n, ANY))                    \
    X("memset writes 51 bytes at offset 0", __memset_chk(p, 1, n, ANY))                       \
    X("strcpy writes 51 bytes at offset 0", __strcpy_chk(p, at(n - 1), ANY))                  \
    X("strncpy writes 51 bytes at offset 0", __strncpy_chk(p, "a", n, ANY))                   \
    X("strcat writes 42 bytes at offset 9", __strcat_chk(s, at(n - 10), ANY))                 \
    X("sprintf writes 51 bytes at offset 0", __sprintf_chk(p, 1, ANY, "%s", at(n - 1)))       \
    X("snprintf writes 51 bytes at offset 0", __snprintf_chk(p, 99, 1, ANY, "%s", at(n - 1))) \
    X("printf reads 51 bytes at offset 0", __printf_chk(1, "%s\n", ends))                     \
    X("wcscpy writes 52 bytes at offset 0", __wcscpy_chk(w, wide_at(n - 39), ANY))            \
    X("read writes 51 bytes at offset 0", __read_chk(zero, p, n, ANY))

/* Before a block's start, and in freed ones. */
#define OTHERS(X)                                                                     \
    X("underflow", "memcpy writes 3 bytes at offset -1", memcpy(p - wrong, text, 3))  \
    X("underflow", "memset writes 9 bytes at offset -9", memset(p - 9 * wrong, 1, 9)) \
    X("underflow", "write reads 2 bytes at offset -2", write(null, p - 2 * wrong, 2)) \
    X("underflow", "strcpy writes 10 bytes at offset -1", strcpy(p - wrong, s))       \
    X("overflow", "memcpy writes 1 byte at offset 50", memcpy(p + n - 1, text, 1))    \
    X("overflow", "strlen reads 1 byte at offset 50", used(strlen(ends + n - 1)))     \
    X("use-after-free", "memcpy reads 5 bytes at offset 2", memcpy(out, f + 2, 5))    \
    X("use-after-free", "memset writes 5 bytes at offset 2", memset(f + 2, 1, 5))     \
    X("use-after-free", "strlen reads 1 byte at offset 0", used(strlen(f)))           \
    X("use-after-free", "strcpy writes 10 bytes at offset 0", strcpy(f, s))           \
    X("use-after-free", "printf reads 1 byte at offset 0", printf("%s\n", f))         \
    X("use-after-free", "fwrite reads 4 bytes at offset 0", fwrite(f, 1, 4, stdout))  \
    X("use-after-free", "read writes 4 bytes at offset 0", read(zero, f, 4))          \
    X("use-after-free", "sprintf writes 1 byte at offset 0", sprintf(f, "a"))

typedef struct Case {
    const char *kind, *expected;
} Case;

static const Case cases[] = {
#define CALL_CASE(expected, call)        {"overflow", expected},
#define OTHER_CASE(kind, expected, call) {kind, expected},
    CALLS(CALL_CASE) OTHERS(OTHER_CASE)};
#define CASES (sizeof cases / sizeof cases[0])

/* So many characters at the end of a text. */
static const char *at(size_t left)
{
    return text + sizeof text - 1 - left;
}

static const wchar_t *wide_at(size_t left)
{
    return wide + sizeof wide / sizeof *wide - 1 - left;
}

/* Do the call of case `which`. */
VISIBLE void performs(size_t which, bool wrong)
{
    static char out[200], out_as_p[200];
    static wchar_t wide_out[100];
    size_t n = wrong ? SIZE + 1 : SIZE, i = 0;
    char *p = malloc(SIZE), *s = malloc(SIZE), *ends = malloc(SIZE), *f = malloc(SIZE), *line;
    wchar_t *w = malloc(12 * sizeof *w), *wide_ends = malloc(12 * sizeof *w);
    memset(p, 'x', SIZE);
    memset(ends, 'x', SIZE);
    wmemset(w, L'x', 12);
    wmemset(wide_ends, L'x', 12);
    memset(out_as_p, 'x', sizeof out_as_p - 1);
    wmemset(wide_out, L'x', 99);
    strcpy(s, "123456789");
    strcpy(f, "123456789");
    if (wrong) {
        free(f);
    } else {
        ends[SIZE - 1] = 0;
        wide_ends[11] = 0;
    }
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY), pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || send(pair[0], text, 40, 0) != 40)
        _exit(9);
#define CALL_DO(expected, call) \
    if (i++ == which)           \
        (void)(call);
#define OTHER_DO(kind, expected, call) CALL_DO(expected, call)
    CALLS(CALL_DO)
    OTHERS(OTHER_DO)
}

typedef struct Run {
    size_t which;
    bool wrong;
} Run;

/* Without the check at exit: what a write has damaged is told there once more, or not, and that
 * is another suite's matter. */
static int runs(void *argument)
{
    const Run *run = argument;
    performs(run->which, run->wrong);
    fflush(stdout);
    _exit(0);
}

static void test_each_misuse_is_told(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < CASES; i++) {
        Ended ended;
        Report report;
        Run run = {i, true};
        run_child(runs, &run, &ended);
        int count = reports_take(&report, 1);
        if (count != 1 || !report_is(&report, cases[i].kind) ||
            !strstr(report.json, cases[i].expected))
            fail_msg("%s '%s': %d reports: %s", cases[i].kind, cases[i].expected, count,
                     count ? report.json : "-");
        assert_shows(&report, "detected", "performs");
        assert_shows(&report, "allocated", "performs");
        if (!strcmp(cases[i].kind, "use-after-free"))
            assert_shows(&report, "freed", "performs");
        else
            assert_int_equal(report_number(&report, "offset") >= 48,
                             !strcmp(cases[i].kind, "overflow"));
        assert_true(ended.exited);
        assert_int_equal(ended.code, 0);
    }
}

static void test_correct_twins_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        Ended ended;
        Report report;
        Run run = {i, false};
        run_child(runs, &run, &ended);
        if (reports_take(&report, 1))
            fail_msg("%s: %s", cases[i].expected, report.json);
        assert_true(ended.exited);
        assert_int_equal(ended.code, 0);
    }
}

/* What a program may do although it looks as if more were read or written. */
static void test_what_is_no_misuse(void **state)
{
    (void)state;
    char *p = malloc(8), *big = malloc(SIZE), out[SIZE];
    memcpy(p, "1234567", 8);
    assert_ptr_equal(memchr(p, '3', opaque_size(ANY)), p + 2);
    assert_int_equal(strncmp(p, "1234567", opaque_size(1000)), 0);
    assert_int_equal(strnlen(p, opaque_size(1000)), 7);
    assert_int_equal(snprintf(p, opaque_size(1000), "%d", 1234567), 7);
    assert_int_equal(printf("%.8s %.1000s\n", p, p), 16);
    memset(big, 'x', SIZE);
    assert_ptr_equal(strchr(big, 'x'), big);
    assert_ptr_equal(strstr(strcpy(big, "abc"), "c"), big + 2);
    assert_int_equal(sscanf("12 ", "%4s%d", big, (int *)opaque(NULL)), 1);
    assert_int_equal(fread(opaque(big), 1, opaque_size(1000), stream_of(text, 10)), 11);
    assert_ptr_equal(fgets(opaque(big), (int)opaque_size(1000), stream_of(text, SIZE - 2)), big);
    assert_int_equal(strlen(big), SIZE - 1);
    memcpy(p + 8, out, opaque_size(0));
    memset(p - 1, 1, opaque_size(0));
    strncpy(p, big, 8);
    assert_int_equal(p[7], '7');
    free(big);
    free(p);
    memcpy(opaque(p), big, opaque_size(0));
    report_expect_none();
}

/* One call in a loop is told once; the same misuse from another line is another one. */
VISIBLE size_t reads_here(char *p)
{
    size_t length = strlen(opaque(p));
    STAY();
    return length;
}

static void test_told_once_a_place(void **state)
{
    (void)state;
    DEBUG_ONLY();
    char *p = memset(malloc(20), 'x', 20);
    for (int i = 0; i < 5; i++)
        reads_here(p);
    Report report;
    report_expect_one(&report, "overflow");
    assert_true(report_starts_in(&report, "detected", "reads_here"));
    assert_int_equal(strlen(opaque(p)) >= 20, 1);
    report_expect_one(&report, "overflow");
    free(p);
}

/* The damage that a told call has done is not told again when the block is freed. */
static void test_not_told_again_at_free(void **state)
{
    (void)state;
    DEBUG_ONLY();
    char *p = malloc(20);
    memset(opaque(p), 1, opaque_size(22));
    Report report;
    report_expect_one(&report, "overflow");
    assert_int_equal(report_number(&report, "size"), 20);
    assert_int_equal(report_number(&report, "offset"), 20);
    told_expect(SPACES_ERR_BAD_BLOCK);
    assert_ptr_equal(told.info.corruptAddr, p + 20);
    free(p);
    report_expect_none();
}

static int misuses(void)
{
    char *p = memset(malloc(20), 'x', 20);
    return strlen(opaque(p)) < 20;
}

static void test_setting(void **state)
{
    (void)state;
    Ended ended;
    run_self("misuses", (const char *[]){"SPACES_CHECK_CALLS=0", NULL}, &ended);
    assert_int_equal(ended.code, 0);
    report_expect_none();
    DEBUG_ONLY();
    run_self("misuses", (const char *[]){"SPACES_CHECK_CALLS=1", NULL}, &ended);
    Report report;
    report_expect_one(&report, "overflow");
    assert_non_null(strstr(ended.errors, "strlen reads 21 bytes at offset 0 of the block of 20"));
}

static const Scenario scenarios[] = {{"misuses", misuses}, {NULL, NULL}};

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_each_misuse_is_told, fresh),
    cmocka_unit_test_setup(test_correct_twins_are_not, fresh),
    cmocka_unit_test_setup(test_what_is_no_misuse, fresh),
    cmocka_unit_test_setup(test_told_once_a_place, fresh),
    cmocka_unit_test_setup(test_not_told_again_at_free, fresh),
    cmocka_unit_test_setup(test_setting, fresh),
};

SUITE_MAIN(tests, scenarios)
