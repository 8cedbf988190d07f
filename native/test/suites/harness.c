/* harness.c - see harness.h. */
#define _GNU_SOURCE
#include "harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* No child of a suite needs longer, also under a sanitizer. */
#define CHILD_SECONDS 60

Told told;
static int listener = -1;
static char self_path[4096];

/* ---- reports --------------------------------------------------------------- */

static bool read_all(int fd, void *out, size_t count)
{
    char *at = out;
    while (count) {
        ssize_t n = read(fd, at, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        count -= (size_t)n;
    }
    return true;
}

int reports_take(Report *out, int max)
{
    int taken = 0;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return taken;
        uint32_t length;
        Report report;
        bool whole = read_all(fd, &length, sizeof length) && length <= REPORT_MAX &&
                     read_all(fd, report.json, length);
        close(fd);
        if (!whole)
            continue;
        report.json[length] = 0;
        if (strstr(report.json, "\"t\":\"hello\""))
            continue;
        if (taken < max)
            out[taken] = report;
        taken++;
    }
}

void reports_drop(void)
{
    reports_take(NULL, 0);
}

void report_expect_one(Report *out, const char *kind)
{
    Report all[4];
    int count = reports_take(all, 4);
    if (count != 1)
        fail_msg("%d reports where one %s was due; the first: %s", count, kind,
                 count ? all[0].json : "-");
    *out = all[0];
    if (!report_is(out, kind))
        fail_msg("not a report of %s: %s", kind, out->json);
}

void report_expect_none(void)
{
    Report first;
    int count = reports_take(&first, 1);
    if (count)
        fail_msg("%d reports where none was due; the first: %s", count, first.json);
}

static const char *field_of(const Report *report, const char *field)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", field);
    const char *at = strstr(report->json, key);
    return at ? at + strlen(key) : NULL;
}

bool report_is(const Report *report, const char *kind)
{
    const char *at = field_of(report, "kind");
    size_t length = strlen(kind);
    return at && at[0] == '"' && !strncmp(at + 1, kind, length) && at[1 + length] == '"';
}

long long report_number(const Report *report, const char *field)
{
    const char *at = field_of(report, field);
    if (!at)
        fail_msg("no field %s in %s", field, report->json);
    return strtoll(at, NULL, 10);
}

uint64_t report_address(const Report *report, const char *field)
{
    const char *at = field_of(report, field);
    if (!at || *at != '"')
        fail_msg("no address %s in %s", field, report->json);
    return strtoull(at + 1, NULL, 16);
}

int report_bytes(const Report *report, uint8_t *out, int max)
{
    const char *at = field_of(report, "bytes");
    int count = 0;
    unsigned byte;
    for (at = at ? at + 1 : ""; count < max && sscanf(at, "%2x", &byte) == 1; at += 2)
        out[count++] = (uint8_t)byte;
    return count;
}

int report_frames(const Report *report, const char *field, uint64_t *frames, int max)
{
    const char *at = field_of(report, field);
    int count = 0;
    if (!at || *at != '[')
        return 0;
    for (at++; *at && *at != ']' && count < max; at++)
        if (*at == '"') {
            char *end;
            frames[count++] = strtoull(at + 1, &end, 16);
            at = end;
        }
    return count;
}

static bool lies_in(uint64_t frame, const char *function)
{
    Dl_info info;
    /* A return address may be the first byte of the function behind. */
    return dladdr((void *)(uintptr_t)(frame - 1), &info) && info.dli_sname &&
           !strcmp(info.dli_sname, function);
}

bool report_shows(const Report *report, const char *stack, const char *function)
{
    uint64_t frames[64];
    int count = report_frames(report, stack, frames, 64);
    for (int i = 0; i < count; i++)
        if (lies_in(frames[i], function))
            return true;
    return false;
}

bool report_starts_in(const Report *report, const char *stack, const char *function)
{
    uint64_t frame;
    return report_frames(report, stack, &frame, 1) == 1 && lies_in(frame, function);
}

/* ---- the handler ------------------------------------------------------------ */

int recorder(SpacesErrorInfo *info)
{
    told.count++;
    told.info = *info;
    if (info->objectCreationInfo)
        told.creation = *info->objectCreationInfo;
    else
        memset(&told.creation, 0, sizeof told.creation);
    return told.answer;
}

void told_reset(void)
{
    memset(&told, 0, sizeof told);
}

void told_expect(SpacesErrorCode code)
{
    if (told.count != 1 || told.info.errorCode != code)
        fail_msg("%d errors told, the last one %d; expected one, %d", told.count,
                 told.info.errorCode, code);
}

int fresh(void **state)
{
    (void)state;
    spaces_set_error_handler(recorder);
    told_reset();
    reports_drop();
    return 0;
}

/* ---- children ---------------------------------------------------------------- */

static void collect(int fds[2], char *texts[2], size_t size)
{
    size_t lengths[2] = {0, 0};
    int open_ends = 2;
    while (open_ends) {
        struct pollfd wait[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        if (poll(wait, 2, -1) < 0)
            continue;
        for (int i = 0; i < 2; i++) {
            if (!wait[i].revents)
                continue;
            char buffer[4096];
            ssize_t n = read(fds[i], buffer, sizeof buffer);
            if (n <= 0) {
                close(fds[i]);
                fds[i] = -1;
                open_ends--;
                continue;
            }
            size_t room = size - 1 - lengths[i];
            size_t kept = (size_t)n < room ? (size_t)n : room;
            memcpy(texts[i] + lengths[i], buffer, kept);
            lengths[i] += kept;
        }
    }
    for (int i = 0; i < 2; i++)
        texts[i][lengths[i]] = 0;
}

typedef struct Start {
    int (*fn)(void *);
    void *argument;
    const char *const *argv;
    const char *const *environment;
} Start;

static void in_child(const Start *start)
{
    alarm(CHILD_SECONDS);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    if (start->fn)
        exit(start->fn(start->argument));
    for (const char *const *e = start->environment; e && *e; e++)
        putenv((char *)(uintptr_t)*e);
    execvp(start->argv[0], (char *const *)(uintptr_t)start->argv);
    _exit(127);
}

static void run(const Start *start, Ended *ended)
{
    int out[2], err[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        close(out[1]);
        close(err[1]);
        in_child(start);
    }
    close(out[1]);
    close(err[1]);
    int fds[2] = {out[0], err[0]};
    char *texts[2] = {ended->output, ended->errors};
    collect(fds, texts, sizeof ended->output);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    ended->exited = WIFEXITED(status);
    ended->code = ended->exited ? WEXITSTATUS(status) : WTERMSIG(status);
}

void run_child(int (*fn)(void *), void *argument, Ended *ended)
{
    run(&(Start){.fn = fn, .argument = argument}, ended);
}

void run_self(const char *scenario, const char *const *environment, Ended *ended)
{
    const char *argv[] = {self_path, scenario, NULL};
    run_command(argv, environment, ended);
}

void run_command(const char *const *argv, const char *const *environment, Ended *ended)
{
    run(&(Start){.argv = argv, .environment = environment}, ended);
}

/* ---- start --------------------------------------------------------------------- */

static void start_listening(char **argv)
{
    char directory[] = "/tmp/spaces-test-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!mkdtemp(directory))
        exit(99);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/reports", directory);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024))
        exit(99);
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    setenv("SPACES_REPORT_SOCKET", address.sun_path, 1);
    setenv("SPACES_TEST_LISTENER", number, 1);
    /* Blocks lie where each suite expects them; guard_test.c asks for guarded ones. */
    setenv("SPACES_GUARD", "off", 0);
    execv(self_path, argv);
    exit(99);
}

static void remove_socket(void)
{
    const char *path = getenv("SPACES_REPORT_SOCKET");
    if (!path || listener < 0)
        return;
    char directory[128];
    snprintf(directory, sizeof directory, "%s", path);
    unlink(directory);
    *strrchr(directory, '/') = 0;
    rmdir(directory);
}

static pid_t suite_pid;
static void at_suite_end(void)
{
    if (getpid() == suite_pid)
        remove_socket();
}

int suite_start(int argc, char **argv, const Scenario *scenarios)
{
    ssize_t length = readlink("/proc/self/exe", self_path, sizeof self_path - 1);
    if (length <= 0)
        return 99;
    if (argc > 1 && scenarios) {
        for (const Scenario *s = scenarios; s->name; s++)
            if (!strcmp(s->name, argv[1]))
                return s->run();
        fprintf(stderr, "no scenario %s\n", argv[1]);
        return 98;
    }
    const char *number = getenv("SPACES_TEST_LISTENER");
    if (!number)
        start_listening(argv);
    listener = atoi(number);
    fcntl(listener, F_SETFD, FD_CLOEXEC);
    unsetenv("SPACES_TEST_LISTENER");
    suite_pid = getpid();
    atexit(at_suite_end);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return -1;
}

const char *suite_library(void)
{
    static char path[4096];
    Dl_info info;
    assert_true(dladdr(&spaces_heap_root, &info) != 0);
    assert_non_null(realpath(info.dli_fname, path));
    return path;
}

/* ---- the heap -------------------------------------------------------------------- */

const SpChunk *chunk_of(SpacesChunk chunk)
{
    return (const SpChunk *)(const void *)chunk;
}

void quarantine_let_go(void)
{
    SpacesErrorFn before = spaces_set_error_handler(NULL);
    assert_null(malloc(opaque_size(((size_t)1 << 46) + 1)));
    spaces_set_error_handler(before);
    assert_int_equal(spaces_heap_root.quarantined, 0);
    reports_drop();
}

size_t chunk_slabs(SpacesChunk chunk)
{
    size_t count = 0;
    for (const SpHeap *heap = chunk_of(chunk)->heaps; heap; heap = heap->next)
        for (const SpSlab *slab = heap->slabs; slab; slab = slab->all_next)
            count++;
    return count;
}

uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}
