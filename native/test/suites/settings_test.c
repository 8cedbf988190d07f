/* settings_test.c - every SPACES_* variable has an effect that can be seen, and what it
 * cannot take is told. */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- scenarios: print what they see ------------------------------------------------ */

static int shows_limits(void)
{
    SpacesProcessInfo process;
    SpacesChunkInfo info;
    free(malloc(10));
    spaces_process_info(&process);
    spaces_chunk_info(spaces_default_chunk, NULL, &info);
    printf("limit %zu ceiling %zu\n", process.heapLimit, info.ceiling);
    return 0;
}

static int fills_the_heap(void)
{
    spaces_set_error_handler(recorder);
    size_t got = 0;
    while (got < 1000 && malloc(1 << 20))
        got++;
    printf("%zu code %d\n", got, told.info.errorCode);
    return 0;
}

VISIBLE void *tracked(int i)
{
    void *p = malloc((size_t)i % 100 + 1);
    STAY();
    return p;
}

VISIBLE void *nested(int n)
{
    void *(*volatile next)(int) = nested;
    void *p = n ? next(n - 1) : tracked(1);
    STAY();
    return p;
}

/* How many frames does an allocation's stack keep? */
static int counts_frames(void)
{
    spaces_set_error_handler(recorder);
    void *p = nested(40);
    free(p);
    free(opaque(p));
    int count = 0;
    while (count < SPACES_MAX_CALL_STACK && told.creation.callStack[count])
        count++;
    printf("%d\n", count);
    return 0;
}

/* Frees each block twice: does the report know where it was allocated? */
static int counts_stacks(void)
{
    spaces_set_error_handler(recorder);
    int with = 0;
    for (int i = 0; i < 500; i++) {
        void *p = tracked(i);
        free(p);
        told_reset();
        free(opaque(p));
        with += told.count == 1 && told.creation.callStack[0] != NULL;
    }
    printf("%d\n", with);
    return 0;
}

static int counts_held_back(void)
{
    for (int i = 0; i < 2000; i++)
        free(malloc(10000));
    printf("%u\n", spaces_heap_root.quarantined);
    return 0;
}

static int damages(void)
{
    volatile char *p = malloc(10);
    ((volatile char *)opaque((void *)(uintptr_t)p))[10] = 1;
    return 6;
}

static int damages_a_freed_block(void)
{
    char *p = malloc(40);
    free(p);
    memset(opaque(p), 0x41, 8);
    return 6;
}

static int frees_wrongly(void)
{
    int local;
    free(opaque(&local));
    puts("survived");
    return 5;
}

static const Scenario scenarios[] = {
    {"limits", shows_limits},         {"fill", fills_the_heap},   {"stacks", counts_stacks},
    {"frames", counts_frames},        {"held", counts_held_back}, {"damage", damages},
    {"freed", damages_a_freed_block}, {"wrong", frees_wrongly},   {0}};

static Ended ended;
static const char *with(const char *scenario, const char *setting)
{
    const char *environment[] = {setting, NULL};
    run_self(scenario, setting ? environment : NULL, &ended);
    reports_drop();
    return ended.output;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } sizes[] = {{"1073741824", 1u << 30}, {"1GB", 1u << 30},        {"1g", 1u << 30},
                 {"1 GiB", 1u << 30},      {"64MB", 64u << 20},      {"64m", 64u << 20},
                 {"65536kb", 64u << 20},   {"1TB", (size_t)1 << 40}, {"67108864B", 64u << 20}};
    char setting[64], expected[96];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(setting, sizeof setting, "SPACES_HEAP_LIMIT=%s", sizes[i].text);
        snprintf(expected, sizeof expected, "limit %zu ceiling %zu\n", sizes[i].size, SIZE_MAX);
        assert_string_equal(with("limits", setting), expected);
        assert_string_equal(ended.errors, "");
        snprintf(setting, sizeof setting, "SPACES_CEILING=%s", sizes[i].text);
        snprintf(expected, sizeof expected, "limit %zu ceiling %zu\n", SIZE_MAX, sizes[i].size);
        assert_string_equal(with("limits", setting), expected);
    }
}

static void test_bad_values_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "SPACES_HEAP_LIMIT=much",  "SPACES_HEAP_LIMIT=-1",    "SPACES_HEAP_LIMIT=64QB",
        "SPACES_HEAP_LIMIT=",      "SPACES_CEILING=12XB",     "SPACES_CEILING=99999999999999999999",
        "SPACES_CEILING=99999TB9", "SPACES_TRACK=everything", "SPACES_QUARANTINE=?",
        "SPACES_ABORT=perhaps",    "SPACES_STACK_DEPTH=deep", "SPACES_CHECK_AT_EXIT=2",
        "SPACES_QUIET=very",       "SPACES_FOLLOW=me"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        with("limits", bad[i]);
        assert_int_equal(ended.code, 0);
        char name[64];
        snprintf(name, sizeof name, "spaces: %.*s is ignored", (int)strcspn(bad[i], "="), bad[i]);
        if (!strstr(ended.errors, name))
            fail_msg("%s: told \"%s\"", bad[i], ended.errors);
        char expected[96];
        snprintf(expected, sizeof expected, "limit %zu ceiling %zu\n", SIZE_MAX, SIZE_MAX);
        assert_string_equal(ended.output, expected);
    }
}

static void test_heap_limit(void **state)
{
    (void)state;
    size_t got;
    int code;
    assert_int_equal(sscanf(with("fill", "SPACES_HEAP_LIMIT=64MB"), "%zu code %d", &got, &code), 2);
    assert_int_equal(code, SPACES_ERR_EXCEEDED_HEAP_LIMIT);
    assert_in_range(got, 40, 64);
    sscanf(with("fill", NULL), "%zu code %d", &got, &code);
    assert_int_equal(got, 1000);
    assert_int_equal(code, SPACES_OK);
}

static void test_ceiling(void **state)
{
    (void)state;
    size_t got;
    int code;
    assert_int_equal(sscanf(with("fill", "SPACES_CEILING=32MB"), "%zu code %d", &got, &code), 2);
    assert_int_equal(code, SPACES_ERR_EXCEEDED_CEILING);
    assert_in_range(got, 20, 32);
}

static void test_track(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    assert_int_equal(atoi(with("stacks", NULL)), 500);
    assert_int_equal(atoi(with("stacks", "SPACES_TRACK=all")), 500);
    assert_int_equal(atoi(with("stacks", "SPACES_TRACK=off")), 0);
    int sampled = atoi(with("stacks", "SPACES_TRACK=sampled"));
    assert_in_range(sampled, 1, 250);
}

static void test_stack_depth(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    assert_int_equal(atoi(with("frames", "SPACES_STACK_DEPTH=4")), 4);
    assert_int_equal(atoi(with("frames", "SPACES_STACK_DEPTH=24")), 24);
    assert_in_range(atoi(with("frames", NULL)), 8, SPACES_MAX_CALL_STACK);
}

static void test_quarantine(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    int usual = atoi(with("held", NULL)), small = atoi(with("held", "SPACES_QUARANTINE=1MB"));
    assert_in_range(usual, 400, 840);
    assert_in_range(small, 50, 105);
    assert_in_range(atoi(with("held", "SPACES_QUARANTINE=0")), 0, 1);
}

static void test_check_at_exit(void **state)
{
    (void)state;
    /* The fast build, which knows no redzones, has to be asked. */
    const char *scenario = is_debug_build() ? "damage" : "freed";
    const char *found = is_debug_build() ? "Overflow" : "Write after free";
    with(scenario, is_debug_build() ? NULL : "SPACES_CHECK_AT_EXIT=1");
    assert_int_equal(ended.code, 6);
    assert_non_null(strstr(ended.errors, found));
    with(scenario, is_debug_build() ? "SPACES_CHECK_AT_EXIT=0" : NULL);
    assert_int_equal(ended.code, 6);
    assert_string_equal(ended.errors, "");
}

static void test_abort(void **state)
{
    (void)state;
    with("wrong", NULL);
    assert_int_equal(ended.code, 5);
    assert_string_equal(ended.output, "survived\n");
    with("wrong", "SPACES_ABORT=1");
    assert_false(ended.exited);
    assert_int_equal(ended.code, SIGABRT);
    assert_non_null(strstr(ended.errors, "Invalid free"));
    with("wrong", "SPACES_ABORT=0");
    assert_int_equal(ended.code, 5);
}

static void test_quiet(void **state)
{
    (void)state;
    with("wrong", NULL);
    assert_non_null(strstr(ended.errors, "spaces: Invalid free"));
    with("wrong", "SPACES_QUIET=1");
    assert_string_equal(ended.errors, "");
    assert_int_equal(ended.code, 5);
}

static void test_report_socket(void **state)
{
    (void)state;
    run_self("wrong", NULL, &ended); /* the suite's own is inherited */
    Report report;
    report_expect_one(&report, "invalid-free");
    with("wrong", "SPACES_REPORT_SOCKET=");
    report_expect_none();
}

static void test_help(void **state)
{
    (void)state;
    assert_string_equal(with("wrong", "SPACES_HELP=1"), "survived\n");
    static const char *const names[] = {
        "SPACES_REPORT_SOCKET", "SPACES_HEAP_LIMIT", "SPACES_CEILING",     "SPACES_TRACK",
        "SPACES_STACK_DEPTH",   "SPACES_QUARANTINE", "SPACES_ABORT",       "SPACES_QUIET",
        "SPACES_CHECK_AT_EXIT", "SPACES_FOLLOW",     "SPACES_FOLLOW_WAIT", "SPACES_WATCH",
        "SPACES_HELP"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(strstr(ended.errors, names[i]));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_sizes, fresh),
    cmocka_unit_test_setup(test_bad_values_are_told, fresh),
    cmocka_unit_test_setup(test_heap_limit, fresh),
    cmocka_unit_test_setup(test_ceiling, fresh),
    cmocka_unit_test_setup(test_track, fresh),
    cmocka_unit_test_setup(test_stack_depth, fresh),
    cmocka_unit_test_setup(test_quarantine, fresh),
    cmocka_unit_test_setup(test_check_at_exit, fresh),
    cmocka_unit_test_setup(test_abort, fresh),
    cmocka_unit_test_setup(test_quiet, fresh),
    cmocka_unit_test_setup(test_report_socket, fresh),
    cmocka_unit_test_setup(test_help, fresh),
};

SUITE_MAIN(tests, scenarios)
