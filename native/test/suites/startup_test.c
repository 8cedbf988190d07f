/* startup_test.c - the variables that are read when the default chunk is made: a program that sets
 * them before anything allocates sees what they do. */
#define _GNU_SOURCE
#include "pages.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs before any library's constructor. The scenario's name says what is set. */
static void set_variables(int argc, char **argv, char **environment)
{
    (void)environment;
    const char *scenario = argc > 1 ? argv[1] : "";
    if (!strcmp(scenario, "block"))
        spaces_default_block_size = 48;
    if (!strcmp(scenario, "page"))
        spaces_default_page_size = 4096;
    if (!strcmp(scenario, "odd-page"))
        spaces_default_page_size = 9000;
    if (!strcmp(scenario, "zero"))
        spaces_default_flags |= SPACES_CHUNK_ZERO_INIT;
    if (!strcmp(scenario, "lock"))
        spaces_default_flags |= SPACES_CHUNK_VIRTUAL_LOCK;
    if (!strcmp(scenario, "open"))
        spaces_default_flags &= ~SPACES_CHUNK_SERIALIZE;
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_all)(int, char **, char **) = set_variables;

static SpacesChunkInfo default_info(void)
{
    SpacesChunkInfo info = {0};
    spaces_chunk_info(spaces_init_default_chunk(), NULL, &info);
    return info;
}

/* Footprint of the first blocks of a size that nothing has used before. */
static size_t growth(void)
{
    size_t before = spaces_chunk_size(spaces_default_chunk);
    if (!malloc(opaque_size(1700)))
        return 0;
    return spaces_chunk_size(spaces_default_chunk) - before;
}

static int shows(void)
{
    SpacesChunkInfo info = default_info();
    void *fixed = info.blockSizeFS ? spaces_chunk_alloc_fixed(info.chunk) : NULL;
    printf("block %u %zu page %u growth %zu flags %#x lock %d\n", info.blockSizeFS,
           fixed ? spaces_chunk_ptr_size(fixed) : 0, info.pageSize, growth(), info.flags,
           spaces_chunk_lock(info.chunk) && spaces_chunk_unlock(info.chunk));
    return 0;
}

static int is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return 0;
    return 1;
}

/* Blocks that others had before, from every function, in threads too. */
static void *wants_zeroes(void *wrong)
{
    for (int round = 0; round < 3; round++)
        for (size_t size = 1; size < 3000000; size = size * 3 + 1) {
            unsigned char *p = malloc(opaque_size(size));
            *(int *)wrong += !is_zero(p, malloc_usable_size(p));
            memset(p, 0xff, malloc_usable_size(p));
            size_t more = size + size / 3 + 20;
            p = realloc(p, more);
            memset(p, 0xff, malloc_usable_size(p));
            free(p);
            p = aligned_alloc(64, (size + 63) / 64 * 64);
            *(int *)wrong += !is_zero(p, size);
            memset(p, 0xff, size);
            free(p);
        }
    return NULL;
}

static int zeroes(void)
{
    int wrong = 0;
    pthread_t thread;
    wants_zeroes(&wrong);
    pthread_create(&thread, NULL, wants_zeroes, &wrong);
    pthread_join(thread, NULL);
    char *p = strcpy(malloc(100), "kept");
    p = realloc(p, 100000);
    wrong += strcmp(p, "kept") != 0;
    wrong += !is_zero((unsigned char *)p + 100, 99900);
    printf("wrong %d\n", wrong);
    return 0;
}

static int locks(void)
{
    size_t small = status_bytes("VmLck:");
    void *p = malloc(opaque_size(2 * MB));
    size_t large = status_bytes("VmLck:");
    printf("small %d large %d\n", small >= 65536, p && large - small >= 2 * MB);
    return 0;
}

static const Scenario scenarios[] = {
    {"plain", shows}, {"block", shows},    {"page", shows}, {"open", shows},
    {"zero", zeroes}, {"odd-page", shows}, {"lock", locks}, {0}};

static Ended ended;
static const char *said_by(const char *scenario)
{
    static const char *const environment[] = {"SPACES_REPORT_SOCKET=", NULL};
    run_self(scenario, environment, &ended);
    if (!ended.exited || ended.code)
        fail_msg("%s: ended with %d: %s", scenario, ended.code, ended.errors);
    return ended.output;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_string_equal(said_by("plain"), "block 0 0 page 65536 growth 65536 flags 0x2 lock 1\n");
}

static void test_block_size(void **state)
{
    (void)state;
    assert_string_equal(said_by("block"), "block 48 48 page 65536 growth 65536 flags 0x2 lock 1\n");
}

static void test_page_size(void **state)
{
    (void)state;
    assert_string_equal(said_by("page"), "block 0 0 page 4096 growth 4096 flags 0x2 lock 1\n");
    assert_string_equal(said_by("odd-page"), /* rounded as spaces_chunk_set_page_size does */
                        "block 0 0 page 16384 growth 16384 flags 0x2 lock 1\n");
}

static void test_not_serialized(void **state)
{
    (void)state;
    assert_string_equal(said_by("open"), "block 0 0 page 65536 growth 65536 flags 0 lock 0\n");
    assert_non_null(strstr(ended.errors, "not serialised"));
}

static void test_zero_init(void **state)
{
    (void)state;
    assert_string_equal(said_by("zero"), "wrong 0\n");
}

static void test_virtual_lock(void **state)
{
    (void)state;
    assert_string_equal(said_by("lock"), "small 1 large 1\n");
}

static void test_malloc_linked(void **state)
{
    (void)state;
    assert_int_equal(spaces_malloc_linked, 1);
    assert_int_equal(spaces_chunk_ptr_check(spaces_default_chunk, malloc(10)), SPACES_PTR_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_defaults, fresh),
    cmocka_unit_test_setup(test_block_size, fresh),
    cmocka_unit_test_setup(test_page_size, fresh),
    cmocka_unit_test_setup(test_not_serialized, fresh),
    cmocka_unit_test_setup(test_zero_init, fresh),
    cmocka_unit_test_setup(test_virtual_lock, fresh),
    cmocka_unit_test_setup(test_malloc_linked, fresh),
};

SUITE_MAIN(tests, scenarios)
