/* errors_test.c - the way of an error: handlers, retries, leaving by longjmp, errors
 * in handlers, and the built-in handler with and without a terminal. */
#define _GNU_SOURCE
#include "harness.h"
#include "operators.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static SpacesChunk chunk;
static int calls;

static int with_chunk(void **state)
{
    fresh(state);
    calls = 0;
    chunk = spaces_chunk_create(0);
    return chunk ? 0 : -1;
}

static int without_chunk(void **state)
{
    (void)state;
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

static int other_handler(SpacesErrorInfo *info)
{
    (void)info;
    calls++;
    return 0;
}

static void test_installing(void **state)
{
    (void)state;
    assert_ptr_equal(spaces_set_error_handler(other_handler), recorder);
    SpacesChunkInfo info;
    spaces_chunk_info(chunk, NULL, &info);
    assert_ptr_equal(info.errorFn, other_handler);
    assert_null(spaces_chunk_alloc(chunk, 0, 0));
    assert_int_equal(calls, 1);
    assert_ptr_equal(spaces_set_error_handler(NULL), other_handler);
    assert_null(spaces_chunk_alloc(chunk, 0, 0)); /* returned only */
    assert_int_equal(calls, 1);
    assert_null(spaces_set_error_handler(recorder));
    assert_int_equal(told.count, 0);
}

static SpacesErrorFn earlier;
static int chaining(SpacesErrorInfo *info)
{
    calls++;
    return earlier(info);
}

static void test_chaining(void **state)
{
    (void)state;
    earlier = spaces_set_error_handler(chaining);
    assert_null(spaces_chunk_alloc(chunk, 0, 0));
    assert_int_equal(calls, 1);
    told_expect(SPACES_ERR_ALLOC_ZERO);
}

static int lifts_ceiling(SpacesErrorInfo *info)
{
    assert_int_equal(info->errorCode, SPACES_ERR_EXCEEDED_CEILING);
    if (++calls == 3)
        spaces_chunk_set_ceiling(info->chunk, SPACES_ERROR_RET);
    return 1;
}

static void test_retry_after_help(void **state)
{
    (void)state;
    spaces_chunk_set_ceiling(chunk, 4096);
    spaces_set_error_handler(lifts_ceiling);
    assert_non_null(spaces_chunk_alloc(chunk, 100, 0));
    assert_int_equal(calls, 3);
}

static int always_retry(SpacesErrorInfo *info)
{
    (void)info;
    calls++;
    return 1;
}

static void test_retries_are_bounded(void **state)
{
    (void)state;
    spaces_chunk_set_ceiling(chunk, 4096);
    spaces_set_error_handler(always_retry);
    assert_null(spaces_chunk_alloc(chunk, 100, 0));
    assert_in_range(calls, 64, 65);
    calls = 0;
    SpacesChunk fixed = spaces_chunk_create_fixed(64, 0, 0);
    spaces_chunk_set_ceiling(fixed, 4096);
    assert_null(spaces_chunk_alloc_fixed(fixed));
    assert_in_range(calls, 64, 65);
    calls = 0;
    assert_null(spaces_chunk_alloc(chunk, 0, 0)); /* cannot change: asked once */
    assert_int_equal(calls, 1);
    calls = 0;
    int local;
    free(opaque(&local));
    assert_int_equal(calls, 1);
    spaces_chunk_destroy(fixed);
}

static jmp_buf way_out;
static int leaves(SpacesErrorInfo *info)
{
    (void)info;
    calls++;
    spaces_error_unwind();
    longjmp(way_out, 1);
}

static void test_leaving_by_longjmp(void **state)
{
    (void)state;
    SpacesChunk locked = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    spaces_chunk_set_ceiling(locked, 4096);
    spaces_set_error_handler(leaves);
    for (volatile int i = 0; i < 50; i++) {
        if (!setjmp(way_out)) {
            spaces_chunk_alloc(i % 2 ? locked : chunk, i % 2 ? 100 : 0, 0);
            fail();
        }
        assert_int_equal(calls, i + 1); /* the next error is told again */
    }
    spaces_set_error_handler(recorder);
    /* Nothing is left locked. */
    spaces_chunk_set_ceiling(locked, SPACES_ERROR_RET);
    assert_non_null(spaces_chunk_alloc(locked, 100, 0));
    assert_non_null(spaces_chunk_alloc(chunk, 100, 0));
    free(malloc(100));
    assert_int_equal(spaces_chunk_destroy(locked), 1);
}

static int throws(SpacesErrorInfo *info)
{
    (void)info;
    calls++;
    spaces_error_unwind();
    cxx_throw();
    return 0;
}

static void fails_to_allocate(void *from)
{
    spaces_chunk_alloc(from, from == chunk ? 0 : 100, 0);
}

static void test_leaving_by_exception(void **state)
{
    (void)state;
    SpacesChunk locked = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    spaces_chunk_set_ceiling(locked, 4096);
    spaces_set_error_handler(throws);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(cxx_catches(fails_to_allocate, i % 2 ? locked : chunk), 1);
        assert_int_equal(calls, i + 1);
    }
    spaces_set_error_handler(recorder);
    spaces_chunk_set_ceiling(locked, SPACES_ERROR_RET);
    assert_non_null(spaces_chunk_alloc(locked, 100, 0));
    assert_non_null(spaces_chunk_alloc(chunk, 100, 0));
    assert_int_equal(spaces_chunk_destroy(locked), 1);
}

static int allocates_itself(SpacesErrorInfo *info)
{
    calls++;
    void *p = malloc(1000);
    assert_non_null(p);
    memset(p, 1, 1000);
    free(p);
    assert_non_null(spaces_chunk_alloc(chunk, 100, 0));
    /* An error of the handler's own is returned, not told. */
    assert_null(spaces_chunk_alloc(chunk, 0, 0));
    assert_int_equal(spaces_chunk_free(info), 0);
    return 0;
}

static void test_errors_in_a_handler(void **state)
{
    (void)state;
    spaces_set_error_handler(allocates_itself);
    assert_null(spaces_chunk_alloc(chunk, 0, 0));
    assert_int_equal(calls, 1);
    Report report;
    report_expect_one(&report, "bad-argument");
}

static void test_fields(void **state)
{
    (void)state;
    int local;
    unsigned long before = spaces_heap_root.report_count;
    assert_int_equal(spaces_chunk_free(opaque(&local)), 0);
    told_expect(SPACES_ERR_BAD_POINTER);
    assert_int_equal(told.info.pid, getpid());
    assert_int_equal(told.info.threadID, gettid());
    assert_int_equal(told.info.checkpoint, before + 1);
    assert_ptr_equal(told.info.argPtr, &local);
    assert_null(told.info.chunk);
    assert_null(told.info.corruptAddr);
    assert_null(told.info.objectCreationInfo);
    assert_non_null(told.info.callStack[0]);
    int depth = 0;
    while (depth < SPACES_MAX_CALL_STACK && told.info.callStack[depth])
        depth++;
    assert_in_range(depth, 2, SPACES_MAX_CALL_STACK);
}

/* ---- the built-in handler ---------------------------------------------------------- */

static int makes_errors(void)
{
    int local;
    chunk = spaces_chunk_create(0);
    free(opaque(&local));
    spaces_chunk_set_ceiling(chunk, 4096);
    if (spaces_chunk_alloc(chunk, 100, 0))
        return 3;
    spaces_chunk_free(opaque(&local));
    if (getchar() != EOF) /* nobody read stdin */
        return 4;
    puts("done");
    return 5;
}

static void test_built_in_handler_without_terminal(void **state)
{
    fresh(state);
    Ended ended;
    run_self("errors", NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 5);
    assert_string_equal(ended.output, "done\n");
    assert_non_null(strstr(ended.errors, "spaces: Invalid free: 0x"));
    assert_non_null(strstr(ended.errors, "would exceed the chunk's ceiling of 4096 bytes"));
    assert_null(strstr(ended.errors, "(a)bort"));
    int lines = 0;
    for (const char *at = ended.errors; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 3);
}

static int one_ceiling_error(void)
{
    chunk = spaces_chunk_create(0);
    spaces_chunk_set_ceiling(chunk, 4096);
    return spaces_chunk_alloc(chunk, 100, 0) ? 20 : 21;
}

/* Run a scenario on a terminal, where `answers` are typed; what it printed. */
static int on_terminal(const char *answers, char *text, size_t size)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (!pid) {
        alarm(30);
        unsetenv("SPACES_REPORT_SOCKET");
        execl(self, self, "ceiling", NULL);
        _exit(127);
    }
    assert_int_equal(write(terminal, answers, strlen(answers)), strlen(answers));
    size_t used = 0;
    ssize_t n;
    while (used < size - 1 && (n = read(terminal, text + used, size - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = 0;
    close(terminal);
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_built_in_handler_on_a_terminal(void **state)
{
    fresh(state);
    char text[16384];
    assert_int_equal(on_terminal("i\n", text, sizeof text), 21);
    assert_non_null(strstr(text, "(a)bort, (i)gnore, (r)etry?"));
    assert_int_equal(on_terminal("what\nr\nr\nignore\n", text, sizeof text), 21);
    int questions = 0;
    for (const char *at = text; (at = strstr(at, "(a)bort")); at++)
        questions++;
    assert_int_equal(questions, 4); /* one that it did not understand, two retries, ignore */
    assert_int_equal(on_terminal("a\n", text, sizeof text), -SIGABRT);
}

static const Scenario scenarios[] = {{"errors", makes_errors}, {"ceiling", one_ceiling_error}, {0}};

#define ERROR_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)

static const struct CMUnitTest tests[] = {
    ERROR_TEST(test_installing),
    ERROR_TEST(test_chaining),
    ERROR_TEST(test_retry_after_help),
    ERROR_TEST(test_retries_are_bounded),
    ERROR_TEST(test_leaving_by_longjmp),
    ERROR_TEST(test_leaving_by_exception),
    ERROR_TEST(test_errors_in_a_handler),
    ERROR_TEST(test_fields),
    cmocka_unit_test(test_built_in_handler_without_terminal),
    cmocka_unit_test(test_built_in_handler_on_a_terminal),
};

SUITE_MAIN(tests, scenarios)
