/* guard_test.c - guarded blocks: a read or write outside of one, or after it was freed, is told
 * at the access and the program goes on; faults of the program's own go where it wants them.
 * Each scenario is a process of its own under SPACES_GUARD=auto, unless it says otherwise. */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 64 /* a multiple of 16: nothing lies between its end and the closed page */

/* The first call gives a block that is flush with its end, the second one with its start. */
VISIBLE char *allocates(size_t size)
{
    char *p = malloc(opaque_size(size));
    STAY();
    return p;
}

VISIBLE char reads(const char *p)
{
    char byte = *(const volatile char *)p;
    STAY();
    return byte;
}

VISIBLE void writes(char *p)
{
    *(volatile char *)p = 1;
    STAY();
}

VISIBLE void releases(void *p)
{
    free(p);
    STAY();
}

/* ---- misuses, and what is told of each ---------------------------------------------- */

static char *second(void)
{
    char *p = NULL;
    for (volatile int i = 0; i < 2; i++)
        p = allocates(SIZE);
    return p;
}

static char *freed(void)
{
    char *p = allocates(SIZE);
    releases(p);
    return p;
}

static int reads_past(void)
{
    reads(allocates(SIZE) + SIZE);
    return 0;
}
static int writes_past(void)
{
    char *p = allocates(SIZE);
    writes(p + SIZE + 8);
    return p[SIZE + 8] != 1; /* it was written: the program goes on as it would have */
}
static int reads_before(void)
{
    reads(second() - 1);
    return 0;
}
static int writes_before(void)
{
    writes(second() - 7);
    return 0;
}
static int reads_freed(void)
{
    return reads(freed() + 3) != (char)SP_FILL_FREED;
}
static int writes_freed(void)
{
    char *p = freed();
    writes(p + 5);
    return p[5] != 1;
}
static int reads_in_a_loop(void)
{
    char *p = allocates(SIZE), sum = 0;
    for (int i = 0; i < 9000; i++) /* over three closed pages */
        sum += reads(p + i);
    return sum == 77;
}
static int writes_just_behind(void)
{
    char *p = allocates(50);
    writes(p + 50); /* not yet the closed page */
    releases(p);
    return 0;
}
static int blocks_the_signal(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    reads(allocates(SIZE) + SIZE);
    return 0;
}
static int forks(void)
{
    char *p = allocates(SIZE);
    pid_t child = fork();
    if (!child) {
        reads(p + SIZE);
        _exit(0);
    }
    int status;
    return waitpid(child, &status, 0) != child || status;
}

/* A handler of the program's own on a stack on which no report would find room. */
static void never_called(int number)
{
    _exit(number);
}
static int has_a_small_stack(void)
{
    static char stack[8192];
    struct sigaction action = {.sa_handler = never_called, .sa_flags = SA_ONSTACK};
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    sigaction(SIGSEGV, &action, NULL);
    reads(allocates(SIZE) + SIZE);
    return 0;
}

/* Whether one of a stack's first `most` frames lies in a function of this program. The report is of
 * another process, where the program lies elsewhere: pages apart. */
static bool shows(const Report *report, const char *stack, const void *function, int most)
{
    uint64_t frames[32];
    int count = report_frames(report, stack, frames, most < 32 ? most : 32);
    for (int i = 0; i < count; i++)
        if (((frames[i] - (uintptr_t)function) & 4095) < 48)
            return true;
    return false;
}

typedef struct Expected {
    const char *scenario, *kind, *message;
    const void *function;
    int offset;
} Expected;

static const Expected expected[] = {
    {"reads_past", "overflow", "a read at offset 64 of the block of 64 bytes", reads, 64},
    {"writes_past", "overflow", "a write at offset 72 of the block of 64 bytes", writes, 72},
    {"reads_before", "underflow", "a read at offset -1 of the block of 64 bytes", reads, -1},
    {"writes_before", "underflow", "a write at offset -7 of the block of 64 bytes", writes, -7},
    {"reads_freed", "use-after-free", "a read at offset 3 of the freed block", reads, 3},
    {"writes_freed", "use-after-free", "a write at offset 5 of the freed block", writes, 5},
    {"reads_in_a_loop", "overflow", "a read at offset 64", reads, 64},
    {"writes_just_behind", "overflow", "was written past its end, at offset 50", releases, 50},
    {"blocks_the_signal", "overflow", "a read at offset 64", reads, 64},
    {"forks", "overflow", "a read at offset 64", reads, 64},
    {"has_a_small_stack", "overflow", "a read at offset 64", reads, 64},
};

static void test_misuses_are_told_at_the_access(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const Expected *e = &expected[i];
        Ended ended;
        Report report;
        run_self(e->scenario, (const char *[]){"SPACES_GUARD=auto", NULL}, &ended);
        int count = reports_take(&report, 1);
        if (count != 1 || !report_is(&report, e->kind) || !strstr(report.json, e->message))
            fail_msg("%s: %d reports: %s; %s", e->scenario, count, count ? report.json : "-",
                     ended.errors);
        assert_true(shows(&report, "detected", e->function, 1));
        assert_true(shows(&report, "allocated", allocates, 32));
        assert_int_equal(report_number(&report, "offset"), e->offset);
        if (!strcmp(e->kind, "use-after-free"))
            assert_true(shows(&report, "freed", releases, 32));
        assert_true(ended.exited);
        assert_int_equal(ended.code, 0);
    }
}

/* ---- what is no misuse ------------------------------------------------------------------ */

/* What of a block of that size can be used: no more than that in the debug build. */
static bool is_usable(void *p, size_t size)
{
    size_t usable = malloc_usable_size(p);
    return is_debug_build() ? usable == size : usable >= size;
}

/* All of a block can be used, whatever its size; and what is guarded can be looked at. */
static int uses_all(void)
{
    for (size_t size = 1; size < 20000; size += size < 100 ? 1 : 997) {
        for (int round = 0; round < 4; round++) {
            char *p = allocates(size);
            if ((uintptr_t)p % (size < 16 ? 8 : 16) || !is_usable(p, size))
                return 1;
            memset(p, 7, size);
            p = realloc(p, size + 5);
            if (p[size - 1] != 7)
                return 2;
            if (round % 2)
                releases(p);
        }
    }
    for (int i = 0; i < 4; i++) {
        char *nothing = allocates(0);
        if (!nothing || !is_usable(nothing, 0))
            return 6;
        if (i % 2)
            releases(nothing);
    }
    char *aligned;
    if (posix_memalign((void **)&aligned, 256, 700) || (uintptr_t)aligned % 256)
        return 3;
    memset(aligned, 1, 700);
    char *zero = calloc(30, 7);
    for (int i = 0; i < 210; i++)
        if (zero[i])
            return 4;
    return spaces_chunk_check(spaces_default_chunk) ? 0 : 5;
}

/* Freed blocks make room for others, and the limit holds. */
static int stays_within_limits(void)
{
    for (int i = 0; i < 3000; i++) {
        char *p = memset(malloc(3000), i & 0xff, 3000);
        if (p[2999] != (char)i)
            return 1;
        free(p);
    }
    char *keep[200];
    for (int i = 0; i < 200; i++)
        keep[i] = memset(malloc(100), i, 100);
    for (int i = 0; i < 200; i++)
        if (keep[i][99] != (char)i)
            return 2;
    uint64_t total = spaces_heap_root.heap_total;
    return total > (UINT64_C(8) << 20) ? 3 : 0;
}

/* ---- the program's own faults ---------------------------------------------------------------- */

static sigjmp_buf back;
static const void *fault_address;

static void on_info(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}
static void on_number(int number)
{
    siglongjmp(back, number);
}

static int handles_its_own(void)
{
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO}, before;
    char *low = (char *)8;
    if (sigaction(SIGSEGV, &action, &before) || before.sa_handler != SIG_DFL)
        return 1;
    for (volatile int i = 0; i < 3; i++)
        if (!sigsetjmp(back, 1)) {
            reads(opaque(low));
            return 2;
        }
    if (fault_address != low)
        return 3;
    if (signal(SIGSEGV, on_number) != (void (*)(int))(void *)on_info)
        return 4;
    if (!sigsetjmp(back, 1)) {
        writes(opaque(low));
        return 5;
    }
    if (sigaction(SIGSEGV, NULL, &before) || before.sa_handler != on_number)
        return 6;
    if (sigsetjmp(back, 1) == 0) {
        raise(SIGSEGV);
        return 7;
    }
    return 0;
}

static int dies_of_its_own(void)
{
    reads(opaque((void *)8));
    return 0;
}
static int is_killed(void)
{
    kill(getpid(), SIGSEGV);
    return 0;
}

static void test_correct_programs(void **state)
{
    (void)state;
    static const char *const runs[][2] = {{"uses_all", "SPACES_GUARD=auto"},
                                          {"uses_all", "SPACES_GUARD=sampled"},
                                          {"uses_all", "SPACES_GUARD=all"},
                                          {"handles_its_own", "SPACES_GUARD=auto"}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Ended ended;
        run_self(runs[i][0], (const char *[]){runs[i][1], NULL}, &ended);
        if (!ended.exited || ended.code)
            fail_msg("%s under %s: ended by %d", runs[i][0], runs[i][1], ended.code);
        report_expect_none();
    }
}

static void test_faults_of_the_programs_own_end_it(void **state)
{
    (void)state;
    static const char *const scenarios_[] = {"dies_of_its_own", "is_killed"};
    for (int i = 0; i < 2; i++) {
        Ended ended;
        run_self(scenarios_[i], (const char *[]){"SPACES_GUARD=auto", NULL}, &ended);
        assert_false(ended.exited);
        assert_int_equal(ended.code, SIGSEGV);
        report_expect_none();
    }
}

static void test_limit(void **state)
{
    (void)state;
    Ended ended;
    run_self("stays_within_limits",
             (const char *[]){"SPACES_GUARD=all", "SPACES_GUARD_LIMIT=2MB", NULL}, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 0);
    report_expect_none();
}

static void test_settings(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    static const struct {
        const char *setting;
        bool told;
    } cases[] = {{"SPACES_GUARD=off", false},        {"SPACES_GUARD=all", true},
                 {"SPACES_GUARD_SIZES=64-64", true}, {"SPACES_GUARD_SIZES=65-1MB", false},
                 {"SPACES_GUARD_LIMIT=64KB", true},  {"SPACES_GUARD_LIMIT=32KB", false},
                 {"SPACES_HEAP_LIMIT=64MB", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Ended ended;
        run_self("reads_past", (const char *[]){"SPACES_GUARD=auto", cases[i].setting, NULL},
                 &ended);
        Report report;
        int count = reports_take(&report, 1);
        if (count != cases[i].told)
            fail_msg("%s: %d reports", cases[i].setting, count);
        assert_int_equal(ended.code, 0);
    }
}

static const Scenario scenarios[] = {
    {"reads_past", reads_past},
    {"writes_past", writes_past},
    {"reads_before", reads_before},
    {"writes_before", writes_before},
    {"reads_freed", reads_freed},
    {"writes_freed", writes_freed},
    {"reads_in_a_loop", reads_in_a_loop},
    {"writes_just_behind", writes_just_behind},
    {"blocks_the_signal", blocks_the_signal},
    {"forks", forks},
    {"has_a_small_stack", has_a_small_stack},
    {"uses_all", uses_all},
    {"stays_within_limits", stays_within_limits},
    {"handles_its_own", handles_its_own},
    {"dies_of_its_own", dies_of_its_own},
    {"is_killed", is_killed},
    {NULL, NULL},
};

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_misuses_are_told_at_the_access, fresh),
    cmocka_unit_test_setup(test_correct_programs, fresh),
    cmocka_unit_test_setup(test_faults_of_the_programs_own_end_it, fresh),
    cmocka_unit_test_setup(test_limit, fresh),
    cmocka_unit_test_setup(test_settings, fresh),
};

SUITE_MAIN(tests, scenarios)
