/* watch_test.c - blocks that somebody waits for: what spaces_on_block is told, for each sort of
 * watch, set in the table as a debugger does it and by SPACES_WATCH. The suite defines
 * spaces_on_block itself, so that the library calls it here. */
#define _GNU_SOURCE
#include "sources.h"

#include <dlfcn.h>
#include <stdio.h>

extern SpWatches spaces_watches;

/* ---- what is told ------------------------------------------------------------------- */

#define ALL 0x0eu /* allocated, freed, resized */

static struct {
    int count;
    bool prints;
    SpacesBlockEvent events[16];
    uint8_t first;  /* the block's first byte at the last event */
    uint8_t behind; /* the byte behind its end */
} seen;

VISIBLE void spaces_on_block(const SpacesBlockEvent *event)
{
    if (seen.prints) {
        printf("%d watch %u size %zu sequence %lu pass %lu\n", event->kind, event->watch,
               event->size, event->sequence, event->pass);
        fflush(stdout);
    }
    if (seen.count < 16)
        seen.events[seen.count] = *event;
    seen.count++;
    if (event->address) {
        seen.first = *(uint8_t *)event->address;
        seen.behind = ((uint8_t *)event->address)[event->size];
    }
}

static void watch(uint32_t kind, uint32_t events, uint64_t key, uint64_t number)
{
    uint32_t i = spaces_watches.armed;
    spaces_watches.watch[i] = (SpWatch){.events = events, .key = key, .number = number};
    spaces_watches.watch[i].kind = kind;
    spaces_watches.armed = i + 1;
}

static void unwatch(void)
{
    memset(spaces_watches.watch, 0, sizeof spaces_watches.watch);
    spaces_watches.armed = 0;
    memset(&seen, 0, sizeof seen);
}

static int setup(void **state)
{
    unwatch();
    return with_chunks(state);
}
static int teardown(void **state)
{
    unwatch();
    return without_chunks(state);
}

static void expect_event(int i, SpacesBlockEventKind kind, const void *p, size_t size)
{
    assert_true(i < seen.count);
    assert_int_equal(seen.events[i].kind, kind);
    assert_ptr_equal(seen.events[i].address, p);
    assert_int_equal(seen.events[i].size, size);
    assert_int_equal(seen.events[i].threadID, gettid());
}

/* ---- a block and its allocation -------------------------------------------------------- */

static void test_table_is_as_debuggers_know_it(void **state)
{
    (void)state;
    assert_int_equal(spaces_watches.magic, SP_WATCHES_MAGIC);
    assert_memory_equal(&spaces_watches.magic, "SPWATCHS", 8);
    assert_int_equal(spaces_watches.version, SP_WATCHES_VERSION);
    assert_int_equal(spaces_watches.count, SP_WATCH_COUNT);
    assert_int_equal(spaces_watches.supported, is_debug_build());
}

static void test_block_is_told_of_its_end(void **state)
{
    (void)state;
    DEBUG_ONLY();
    for (size_t i = 0; i < SOURCES; i++) {
        const Source *source = &sources[i];
        unwatch();
        char *other = allocates(source), *p = allocates(source);
        memset(p, 'x', source->size);
        watch(SP_WATCH_BLOCK, ALL, (uintptr_t)p, 0);
        releases(source, other);
        assert_int_equal(seen.count, 0);
        releases(source, p);
        assert_int_equal(seen.count, 1);
        expect_event(0, SPACES_BLOCK_FREED, p, source->size);
        assert_int_equal(seen.first, SP_FILL_FREED);
        assert_int_equal(seen.behind, SP_FILL_BACK);
        reports_drop();
        releases_again(source, p); /* an error, no event */
        Report report;
        report_expect_one(&report, "double-free");
        expect_block(&report, source, p);
        assert_int_equal(seen.count, 1);
    }
}

static void test_resizing(void **state)
{
    (void)state;
    DEBUG_ONLY();
    char *p = spaces_chunk_alloc(variable, 300, 0);
    watch(SP_WATCH_BLOCK, ALL, (uintptr_t)p, 0);
    char *q = spaces_chunk_realloc(p, 290, SPACES_FLAG_RESIZE_IN_PLACE);
    assert_ptr_equal(q, p);
    assert_int_equal(seen.count, 1);
    expect_event(0, SPACES_BLOCK_RESIZED, p, 290);
    assert_int_equal(seen.behind, SP_FILL_BACK);
    spaces_chunk_free(p);
    assert_int_equal(seen.count, 2);
}

static void test_block_goes_with_its_chunk(void **state)
{
    (void)state;
    DEBUG_ONLY();
    SpacesChunk chunk = spaces_chunk_create(0), another = spaces_chunk_create(0);
    char *p = spaces_chunk_alloc(chunk, 40, 0);
    watch(SP_WATCH_BLOCK, ALL, (uintptr_t)p, 0);
    spaces_chunk_destroy(another);
    assert_int_equal(seen.count, 0);
    spaces_chunk_destroy(chunk);
    assert_int_equal(seen.count, 1);
    expect_event(0, SPACES_BLOCK_FREED, p, 40);
}

static void test_events_are_chosen(void **state)
{
    (void)state;
    DEBUG_ONLY();
    watch(SP_WATCH_SIZE, 1u << SPACES_BLOCK_ALLOCATED, 1000, 1999);
    free(malloc(999));
    free(malloc(2000));
    assert_int_equal(seen.count, 0);
    char *p = malloc(1999);
    assert_int_equal(seen.count, 1);
    expect_event(0, SPACES_BLOCK_ALLOCATED, p, 1999);
    assert_int_equal(seen.first, SP_FILL_NEW);
    assert_int_equal(seen.behind, SP_FILL_BACK);
    free(p);
    assert_int_equal(seen.count, 1);
}

static void test_sequence(void **state)
{
    (void)state;
    DEBUG_ONLY();
    watch(SP_WATCH_SEQUENCE, ALL, spaces_heap_root.sequence + 3, 0);
    void *one = malloc(10), *two = malloc(10), *three = malloc(10), *four = malloc(10);
    assert_int_equal(seen.count, 1);
    expect_event(0, SPACES_BLOCK_ALLOCATED, three, 10);
    free(one);
    free(two);
    free(four);
    assert_int_equal(seen.count, 1);
    free(three);
    assert_int_equal(seen.count, 2);
    expect_event(1, SPACES_BLOCK_FREED, three, 10);
    assert_int_equal(seen.events[1].sequence, seen.events[0].sequence);
}

/* ---- the n-th allocation of a site -------------------------------------------------------- */

/* The site of a block, from an error that tells of it: what the adapter does. */
static uint64_t told_site(void)
{
    uint64_t count = 0;
    while (count < SPACES_MAX_CALL_STACK && told.creation.callStack[count])
        count++;
    uint64_t site = count;
    for (uint64_t i = 0; i < count; i++) {
        Dl_info info;
        uintptr_t pc = (uintptr_t)told.creation.callStack[i];
        if (!dladdr((void *)(pc - 1), &info))
            return 0;
        site = sp_site_step(site, pc - (uintptr_t)info.dli_fbase);
    }
    return site;
}

VISIBLE void *here(size_t size)
{
    void *p = malloc(opaque_size(size));
    STAY();
    return p;
}

/* The same stack each time; frees the second of them twice. */
VISIBLE void goes_round(void **blocks, int count, int twice)
{
    for (int i = 0; i < count; i++)
        blocks[i] = here(24);
    for (int i = 0; i < count; i++)
        free(blocks[i]);
    if (twice >= 0)
        free(opaque(blocks[twice]));
}

static void test_site_and_pass(void **state)
{
    (void)state;
    DEBUG_ONLY();
    void *blocks[6];
    Report report;
    for (volatile int round = 0; round < 2; round++) { /* one call, not two */
        unwatch();
        if (round == 1) {
            /* As many again: the passes go on. */
            uint64_t site = told_site();
            assert_true(site != 0);
            watch(SP_WATCH_SITE, ALL, site, 6 + 3);
            watch(SP_WATCH_SITE, 1u << SPACES_BLOCK_ALLOCATED, site, 0);
        }
        told_reset();
        goes_round(blocks, 6, 2);
        report_expect_one(&report, "double-free");
        assert_int_equal(report_number(&report, "pass"), 6 * round + 3);
        assert_int_equal(told.info.passCount, 6 * round + 3);
    }
    assert_int_equal(seen.count, 8);
    int told_of_pass = 0;
    for (int i = 0; i < seen.count; i++)
        if (seen.events[i].watch == 0) {
            expect_event(i, told_of_pass++ ? SPACES_BLOCK_FREED : SPACES_BLOCK_ALLOCATED, blocks[2],
                         24);
            assert_int_equal(seen.events[i].pass, 9);
        }
    assert_int_equal(told_of_pass, 2);
    assert_int_equal(spaces_watches.watch[0].hits, 1);
    assert_int_equal(spaces_watches.watch[0].seen, 6);
    assert_int_equal(spaces_watches.watch[1].hits, 6);
}

static void test_frees_are_no_passes(void **state)
{
    (void)state;
    DEBUG_ONLY();
    char *p = malloc(10);
    for (size_t i = 0; i < 5; i++)
        p = realloc(p, 5000 * (i + 1)); /* one stack for allocation and free */
    told_reset();
    free(p);
    free(opaque(p));
    Report report;
    report_expect_one(&report, "double-free");
    assert_int_equal(report_number(&report, "pass"), 5);
}

static void test_shared_blocks_have_no_pass(void **state)
{
    (void)state;
    DEBUG_ONLY();
    SpacesChunk chunk =
        spaces_chunk_create_shared((const char *)(uintptr_t)(0x53700000 ^ getpid()), 1 << 20, 0);
    assert_non_null(chunk);
    char *p = spaces_chunk_alloc(chunk, 40, 0);
    watch(SP_WATCH_BLOCK, ALL, (uintptr_t)p, 0);
    spaces_chunk_free(p);
    assert_int_equal(seen.count, 1);
    expect_event(0, SPACES_BLOCK_FREED, p, 40);
    assert_int_equal(seen.events[0].pass, 0);
    assert_int_equal(seen.events[0].sequence, 1);
    spaces_chunk_destroy(chunk);
}

/* ---- SPACES_WATCH ---------------------------------------------------------------------------- */

static int allocates_three(void)
{
    seen.prints = true;
    void *blocks[3];
    for (size_t i = 0; i < 3; i++)
        blocks[i] = malloc(777 + i);
    for (int i = 0; i < 3; i++)
        free(blocks[i]);
    return 0;
}

/* Its site, and then what a watch of it sees: the stack is the same in every start. */
static int tells_its_site(void)
{
    spaces_set_error_handler(recorder);
    seen.prints = true;
    void *blocks[4];
    goes_round(blocks, 4, 1);
    printf("site 0x%llx\n", (unsigned long long)told_site());
    return 0;
}

static const Scenario scenarios[] = {{"three", allocates_three}, {"site", tells_its_site}, {0}};

static Ended ended;
static const char *with(const char *scenario, const char *setting)
{
    const char *environment[] = {setting, NULL};
    run_self(scenario, setting ? environment : NULL, &ended);
    assert_true(ended.exited && ended.code == 0);
    reports_drop();
    return ended.output;
}

static int lines(const char *text, const char *start)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, start)); at++)
        count += at == text || at[-1] == '\n';
    return count;
}

static void test_environment(void **state)
{
    (void)state;
    DEBUG_ONLY();
    assert_int_equal(lines(with("three", "SPACES_WATCH=size:778-779"), "1 watch 0 size 77"), 2);
    assert_int_equal(lines(ended.output, "2 watch 0 size 77"), 2);
    assert_int_equal(
        lines(with("three", "SPACES_WATCH=size:1-5/a,size:777-0x309/f"), "2 watch 1 size 777"), 1);
    assert_int_equal(lines(ended.output, "1 "), 0);
    assert_string_equal(ended.errors, "");
    /* What never comes is told at the end. */
    assert_int_equal(
        lines(with("three", "SPACES_WATCH=sequence:999999999/afrm"), "4 watch 0 size 0"), 1);
    assert_ptr_equal(strchr(ended.output, '\n'), strrchr(ended.output, '\n'));
}

static void test_environment_is_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"site:",       "site:0x",
                                      "sequence:-1", "size:4",
                                      "size:4-",     "block:12,",
                                      "block:0x1 ",  "place:4",
                                      "block:0x1/x", "block:0x1/",
                                      "site:1:2:3",  "",
                                      "block:1,,",   "sequence:99999999999999999999999"};
    char setting[96];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(setting, sizeof setting, "SPACES_WATCH=%s", bad[i]);
        assert_int_equal(lines(with("three", setting), "1 "), 0);
        if (!strstr(ended.errors, "spaces: SPACES_WATCH is ignored"))
            fail_msg("%s: told \"%s\"", bad[i], ended.errors);
    }
}

static void test_site_outlives_a_start(void **state)
{
    (void)state;
    DEBUG_ONLY();
    unsigned long long site;
    const char *line = strstr(with("site", NULL), "site 0x");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "site %llx", &site), 1);
    char setting[96];
    snprintf(setting, sizeof setting, "SPACES_WATCH=site:0x%llx:3", site);
    for (int again = 0; again < 3; again++) { /* at other addresses each time */
        const char *told_of = with("site", setting);
        assert_int_equal(lines(told_of, "1 watch 0 size 24"), 1);
        assert_non_null(strstr(told_of, "pass 3\n"));
        assert_int_equal(lines(told_of, "2 watch 0 size 24"), 1);
    }
    snprintf(setting, sizeof setting, "SPACES_WATCH=site:0x%llx:50/m", site);
    assert_non_null(strstr(with("site", setting), "pass 4\n"));
}

#define WATCHED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WATCHED(test_table_is_as_debuggers_know_it),
        WATCHED(test_block_is_told_of_its_end),
        WATCHED(test_resizing),
        WATCHED(test_block_goes_with_its_chunk),
        WATCHED(test_events_are_chosen),
        WATCHED(test_sequence),
        WATCHED(test_site_and_pass),
        WATCHED(test_frees_are_no_passes),
        WATCHED(test_shared_blocks_have_no_pass),
        WATCHED(test_environment),
        WATCHED(test_environment_is_checked),
        WATCHED(test_site_outlives_a_start),
    };
    int code = suite_start(argc, argv, scenarios);
    return code >= 0 ? code : cmocka_run_group_tests(tests, NULL, NULL);
}
