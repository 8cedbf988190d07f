/* sources.h - where the blocks that a suite misuses come from, and functions whose names
 * the reports' stacks must show. */
#ifndef SPACES_TEST_SOURCES_H
#define SPACES_TEST_SOURCES_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "operators.h"

/* Where blocks come from. */
typedef struct Source {
    const char *name;
    size_t size;
    void *(*make)(size_t size);
    void (*drop)(void *p);
} Source;

static SpacesChunk variable, fixed;

static void *from_malloc(size_t size)
{
    return malloc(size);
}
static void *from_chunk(size_t size)
{
    return spaces_chunk_alloc(variable, size, 0);
}
static void *from_fixed(size_t size)
{
    (void)size;
    return spaces_chunk_alloc_fixed(fixed);
}
static void chunk_drop(void *p)
{
    spaces_chunk_free(p);
}

static const Source sources[] = {
    {"malloc, small", 24, from_malloc, free},
    {"malloc, odd", 101, from_malloc, free},
    {"malloc, medium", 20000, from_malloc, free},
    {"malloc, large", 300000, from_malloc, free},
    {"malloc, with a segment of its own", (size_t)9 << 20, from_malloc, free},
    {"new", 40, cxx_new, cxx_delete},
    {"new[]", 64, cxx_new_array, cxx_delete_array},
    {"aligned new", 70, cxx_new_aligned, cxx_delete_aligned},
    {"chunk", 56, from_chunk, chunk_drop},
    {"chunk, large", 200000, from_chunk, chunk_drop},
    {"fixed chunk", 48, from_fixed, chunk_drop},
};
#define SOURCES (sizeof sources / sizeof sources[0])

VISIBLE void *allocates(const Source *source)
{
    void *p = opaque(source->make(opaque_size(source->size)));
    STAY();
    return p;
}
VISIBLE void releases(const Source *source, void *p)
{
    source->drop(opaque(p));
    STAY();
}
VISIBLE void releases_again(const Source *source, void *p)
{
    source->drop(opaque(p));
    STAY();
}

static int with_chunks(void **state)
{
    fresh(state);
    variable = spaces_chunk_create(0);
    fixed = spaces_chunk_create_fixed(48, 0, 0);
    return variable && fixed ? 0 : -1;
}

static int without_chunks(void **state)
{
    (void)state;
    spaces_chunk_destroy(variable);
    spaces_chunk_destroy(fixed);
    reports_drop();
    return 0;
}

static void expect_block(const Report *report, const Source *source, const void *p)
{
    if (report_address(report, "address") != (uintptr_t)p)
        fail_msg("%s: not the block: %s", source->name, report->json);
    assert_int_equal(report_number(report, "size"), source->size);
    assert_shows(report, "allocated", "allocates");
    assert_true(report_number(report, "sequence") > 0);
}

#define DEBUG_ONLY()       \
    if (!is_debug_build()) \
    skip()

typedef struct Handed {
    void *p;
    pthread_barrier_t both;
} Handed;

VISIBLE void *frees_it(void *argument)
{
    Handed *handed = argument;
    pthread_barrier_wait(&handed->both);
    releases(&sources[0], handed->p);
    return NULL;
}

#define MISUSE(name) cmocka_unit_test_setup_teardown(name, with_chunks, without_chunks)

#endif
