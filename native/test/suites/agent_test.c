/* agent_test.c - what arrives at the report socket, and that no state of the socket
 * harms the program. */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

VISIBLE void frees_the_stack(void)
{
    int local;
    free(opaque(&local));
    STAY();
}

static void test_record(void **state)
{
    (void)state;
    frees_the_stack();
    Report report;
    report_expect_one(&report, "invalid-free");
    assert_int_equal(report_number(&report, "v"), 1);
    assert_int_equal(report_number(&report, "code"), SPACES_ERR_BAD_POINTER);
    assert_int_equal(report_number(&report, "pid"), getpid());
    assert_int_equal(report_number(&report, "thread"), gettid());
    long long now = (long long)time(NULL);
    assert_in_range(report_number(&report, "time") / 1000, now - 120, now + 1);
    assert_true(report_starts_in(&report, "detected", "frees_the_stack"));
    assert_shows(&report, "detected", "_start"); /* the whole stack */
    assert_non_null(strstr(report.json, "\"message\":\"Invalid free: 0x"));
    assert_int_equal(report.json[0], '{');
    assert_int_equal(report.json[strlen(report.json) - 1], '}');
}

static int frees_once(void *unused)
{
    (void)unused;
    frees_the_stack();
    return 9;
}

static void test_child_reports_as_itself(void **state)
{
    (void)state;
    Ended ended;
    run_child(frees_once, NULL, &ended);
    assert_int_equal(ended.code, 9);
    Report report;
    report_expect_one(&report, "invalid-free");
    assert_int_not_equal(report_number(&report, "pid"), getpid());
    assert_int_equal(report_number(&report, "pid"), report_number(&report, "thread"));
}

static int closes_everything(void *unused)
{
    (void)unused;
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    frees_the_stack();
    return 9;
}

static void test_program_without_descriptors(void **state)
{
    (void)state;
    Ended ended;
    run_child(closes_everything, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 9);
    Report report;
    report_expect_one(&report, "invalid-free");
}

static int may_open_nothing(void *unused)
{
    (void)unused;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    frees_the_stack();
    return 9;
}

static void test_program_out_of_descriptors(void **state)
{
    (void)state;
    Ended ended;
    run_child(may_open_nothing, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 9);
    report_expect_none(); /* nowhere to send it; the handler was told */
}

static void test_descriptors_stay_as_they_were(void **state)
{
    (void)state;
    int before = dup(0);
    close(before);
    errno = 42;
    frees_the_stack();
    assert_int_equal(errno, 42);
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
}

/* ---- sockets that do not work -------------------------------------------------------- */

static int many_errors(void)
{
    spaces_set_error_handler(NULL);
    for (int i = 0; i < 300; i++)
        frees_the_stack();
    puts("alive");
    return 9;
}

static void expect_alive(const char *setting)
{
    const char *environment[] = {setting, NULL};
    Ended ended;
    run_self("many", environment, &ended);
    if (!ended.exited || ended.code != 9 || strcmp(ended.output, "alive\n"))
        fail_msg("%s: ended with %d: %s", setting, ended.code, ended.errors);
}

static void test_missing_socket(void **state)
{
    (void)state;
    expect_alive("SPACES_REPORT_SOCKET=/nowhere/at/all");
    expect_alive("SPACES_REPORT_SOCKET=/etc/passwd");
    expect_alive("SPACES_REPORT_SOCKET=");
    report_expect_none();
}

static int listen_at(struct sockaddr_un *address, char *setting, size_t size, int backlog)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "/tmp/spaces-agent-%d", getpid());
    snprintf(setting, size, "SPACES_REPORT_SOCKET=%s", address->sun_path);
    unlink(address->sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof *address), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

/* Nobody takes what comes: the queue is full after a few, and the program goes on. */
static void test_full_socket(void **state)
{
    (void)state;
    struct sockaddr_un address;
    char setting[160];
    int fd = listen_at(&address, setting, sizeof setting, 1);
    expect_alive(setting);
    close(fd);
    unlink(address.sun_path);
}

static void test_socket_that_does_not_listen(void **state)
{
    (void)state;
    struct sockaddr_un address;
    char setting[160];
    int fd = listen_at(&address, setting, sizeof setting, -1);
    expect_alive(setting);
    close(fd);
    expect_alive(setting); /* its file is left, its owner is gone */
    unlink(address.sun_path);
}

static void test_path_too_long(void **state)
{
    (void)state;
    char setting[400] = "SPACES_REPORT_SOCKET=/";
    memset(setting + strlen(setting), 'x', 200);
    const char *environment[] = {setting, NULL};
    Ended ended;
    run_self("many", environment, &ended);
    assert_int_equal(ended.code, 9);
    assert_non_null(strstr(ended.errors, "SPACES_REPORT_SOCKET is ignored"));
}

/* ---- who listens comes later, or answers ------------------------------------------------- */

static void test_socket_that_is_set_later(void **state)
{
    (void)state;
    char own[sizeof spaces_report_socket];
    memcpy(own, spaces_report_socket, sizeof own);
    spaces_report_socket[0] = 0;
    frees_the_stack();
    report_expect_none();
    memcpy(spaces_report_socket, own, sizeof own);
    Report report;
    frees_the_stack();
    report_expect_one(&report, "invalid-free");
}

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int frees_it(void)
{
    frees_the_stack();
    return 9;
}

/* Takes one hello, lets its process wait, and sends its reports to `path`. */
static pid_t answer_one(int fd, const char *path)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    char bytes[4096];
    size_t length = 0;
    int connection = accept(fd, NULL, NULL);
    for (ssize_t got; (got = read(connection, bytes + length, sizeof bytes - 1 - length)) > 0;)
        length += (size_t)got;
    bytes[length] = 0;
    usleep(300000);
    bool waits = length > 4 && strstr(bytes + 4, "\"waits\":true");
    bool sent = write(connection, path, strlen(path)) == (ssize_t)strlen(path);
    _exit(waits && sent ? 0 : 1);
}

static void test_hello_waits_for_its_answer(void **state)
{
    (void)state;
    struct sockaddr_un address;
    char setting[160];
    int fd = listen_at(&address, setting, sizeof setting, 8), status;
    pid_t server = answer_one(fd, getenv("SPACES_REPORT_SOCKET"));
    const char *environment[] = {setting, "SPACES_FOLLOW_WAIT=20000", NULL};
    Ended ended;
    long long start = milliseconds();
    run_self("frees", environment, &ended);
    long long took = milliseconds() - start;
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_int_equal(status, 0);
    assert_int_equal(ended.code, 9);
    assert_in_range(took, 300, 15000);
    Report report;
    report_expect_one(&report, "invalid-free"); /* at the socket that the answer named */
    close(fd);
    unlink(address.sun_path);
}

static void test_hello_waits_no_longer_than_asked(void **state)
{
    (void)state;
    struct sockaddr_un address;
    char setting[160];
    int fd = listen_at(&address, setting, sizeof setting, 8);
    const char *environment[] = {setting, "SPACES_FOLLOW_WAIT=500", NULL};
    Ended ended;
    long long start = milliseconds();
    run_self("frees", environment, &ended);
    assert_int_equal(ended.code, 9);
    assert_true(milliseconds() - start >= 500);
    close(fd);
    unlink(address.sun_path);
}

/* ---- many reports ------------------------------------------------------------------------ */

/* One kind that never stops does not keep another from being told. */
static int fails_in_a_loop(void *unused)
{
    (void)unused;
    spaces_set_error_handler(NULL);
    SpacesChunk chunk = spaces_chunk_create(0);
    for (int i = 0; i < 3000; i++) {
        spaces_chunk_alloc(chunk, 0, 0);
        if (i % 500 == 0)
            reports_drop();
    }
    reports_drop();
    frees_the_stack();
    return reports_take(NULL, 0) == 1 ? 9 : 8;
}

static void test_reports_in_a_loop(void **state)
{
    (void)state;
    Ended ended;
    run_child(fails_in_a_loop, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 9);
}

static const Scenario scenarios[] = {{"many", many_errors}, {"frees", frees_it}, {0}};

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_record, fresh),
    cmocka_unit_test_setup(test_child_reports_as_itself, fresh),
    cmocka_unit_test_setup(test_program_without_descriptors, fresh),
    cmocka_unit_test_setup(test_program_out_of_descriptors, fresh),
    cmocka_unit_test_setup(test_descriptors_stay_as_they_were, fresh),
    cmocka_unit_test_setup(test_missing_socket, fresh),
    cmocka_unit_test_setup(test_full_socket, fresh),
    cmocka_unit_test_setup(test_socket_that_does_not_listen, fresh),
    cmocka_unit_test_setup(test_path_too_long, fresh),
    cmocka_unit_test_setup(test_socket_that_is_set_later, fresh),
    cmocka_unit_test_setup(test_hello_waits_for_its_answer, fresh),
    cmocka_unit_test_setup(test_hello_waits_no_longer_than_asked, fresh),
    cmocka_unit_test_setup(test_reports_in_a_loop, fresh),
};

SUITE_MAIN(tests, scenarios)
