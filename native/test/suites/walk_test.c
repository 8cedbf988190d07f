/* walk_test.c - walking and checking a chunk from inside, and asking what a pointer is. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define COUNT 3000

typedef struct Known {
    char *block;
    bool live;
    int seen;
} Known;

static SpacesChunk chunk;
static Known known[COUNT];

static int filled(void **state, SpacesChunk new_chunk, size_t fixed)
{
    fresh(state);
    chunk = new_chunk;
    uint64_t random = 99;
    for (int i = 0; i < COUNT; i++) {
        size_t size = random_next(&random) % (i % 100 ? 900 : 100000) + 1;
        known[i] = (Known){
            fixed ? spaces_chunk_alloc_fixed(chunk) : spaces_chunk_alloc(chunk, size, 0), true, 0};
        if (!known[i].block)
            return -1;
        memset(known[i].block, 0xee, fixed ? fixed : size);
    }
    for (int i = 0; i < COUNT; i += 3) {
        known[i].live = false;
        spaces_chunk_free(known[i].block);
    }
    return 0;
}

static int variable(void **state)
{
    return filled(state, spaces_chunk_create(0), 0);
}
static int serialized(void **state)
{
    return filled(state, spaces_chunk_create(SPACES_CHUNK_SERIALIZE), 0);
}
static int fixed_4(void **state)
{
    return filled(state, spaces_chunk_create_fixed(4, 0, 0), 4);
}
static int fixed_9000(void **state)
{
    return filled(state, spaces_chunk_create_fixed(9000, 0, 0), 9000);
}
static int end(void **state)
{
    (void)state;
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

static int by_address(const void *a, const void *b)
{
    const char *x = ((const Known *)a)->block, *y = ((const Known *)b)->block;
    return (x > y) - (x < y);
}

static Known *find(const void *block)
{
    Known key = {.block = (char *)(uintptr_t)block};
    return bsearch(&key, known, COUNT, sizeof key, by_address);
}

static void walk_and_compare(SpacesChunkEntry *entry)
{
    qsort(known, COUNT, sizeof known[0], by_address);
    for (int i = 0; i < COUNT; i++)
        known[i].seen = 0;
    size_t live = 0, steps = 0;
    SpacesChunkStatus status;
    while ((status = spaces_chunk_walk(chunk, entry)) == SPACES_CHUNK_OK) {
        steps++;
        assert_true(steps < 10000000);
        assert_ptr_equal(entry->chunk, chunk);
        live += entry->isInUse != 0;
        Known *one = find(entry->entry);
        if (entry->isInUse)
            assert_non_null(one);
        else
            assert_int_equal(entry->type, SPACES_BLOCK_FREE);
        if (!one)
            continue;
        one->seen++;
        if ((entry->isInUse != 0) != one->live)
            fail_msg("block %p has the wrong state", (void *)one->block);
        if (one->live)
            assert_int_equal(entry->size, spaces_chunk_ptr_size(one->block));
    }
    assert_int_equal(status, SPACES_CHUNK_END);
    assert_int_equal(live, spaces_chunk_count(chunk));
    for (int i = 0; i < COUNT; i++)
        if (known[i].seen > 1 || (known[i].live && !known[i].seen))
            fail_msg("block %d (%p) was seen %d times", i, (void *)known[i].block, known[i].seen);
}

static void test_walk(void **state)
{
    (void)state;
    SpacesChunkEntry entry = {0};
    walk_and_compare(&entry);
    walk_and_compare(&entry); /* its end is a beginning */
    assert_int_equal(spaces_chunk_check(chunk), 1);
    assert_int_equal(told.count, 0);
    report_expect_none();
}

static void test_walk_from_garbage(void **state)
{
    (void)state;
    static const int patterns[] = {0x01, 0x55, 0x7f, 0xcb, 0xff};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        SpacesChunkEntry entry;
        memset(&entry, patterns[i], sizeof entry);
        walk_and_compare(&entry);
    }
    /* A cursor of another chunk is garbage too. */
    SpacesChunk other = spaces_chunk_create(0);
    spaces_chunk_alloc(other, 10, 0);
    SpacesChunkEntry entry = {0};
    assert_int_equal(spaces_chunk_walk(other, &entry), SPACES_CHUNK_OK);
    walk_and_compare(&entry);
    spaces_chunk_destroy(other);
}

static void test_two_walks_at_once(void **state)
{
    (void)state;
    SpacesChunkEntry a = {0}, b = {0};
    SpacesChunkStatus status_a = SPACES_CHUNK_OK, status_b = SPACES_CHUNK_OK;
    size_t count_a = 0, count_b = 0;
    while (status_a == SPACES_CHUNK_OK || status_b == SPACES_CHUNK_OK) {
        if (status_a == SPACES_CHUNK_OK &&
            (status_a = spaces_chunk_walk(chunk, &a)) == SPACES_CHUNK_OK)
            count_a++;
        for (int i = 0; i < 2; i++)
            if (status_b == SPACES_CHUNK_OK &&
                (status_b = spaces_chunk_walk(chunk, &b)) == SPACES_CHUNK_OK)
                count_b++;
    }
    assert_int_equal(status_a, SPACES_CHUNK_END);
    assert_int_equal(status_b, SPACES_CHUNK_END);
    assert_int_equal(count_a, count_b);
}

static void test_walk_of_an_empty_chunk(void **state)
{
    fresh(state);
    SpacesChunk empty = spaces_chunk_create(0);
    SpacesChunkEntry entry = {0};
    assert_int_equal(spaces_chunk_walk(empty, &entry), SPACES_CHUNK_END);
    assert_int_equal(spaces_chunk_walk(empty, NULL), SPACES_CHUNK_CORRUPT_FATAL);
    assert_int_equal(spaces_chunk_check(empty), 1);
    spaces_chunk_destroy(empty);
}

static void test_walk_of_the_default_chunk(void **state)
{
    (void)state;
    void *mine = malloc(777);
    SpacesChunkEntry entry = {0};
    int seen = 0;
    while (spaces_chunk_walk(spaces_default_chunk, &entry) == SPACES_CHUNK_OK)
        if (entry.entry == mine) {
            seen++;
            assert_true(entry.isInUse);
            assert_true(entry.size >= 777);
        }
    assert_int_equal(seen, 1);
    free(mine);
}

static void test_types_of_blocks(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create_fixed(40, 0, 0);
    void *fixed = spaces_chunk_alloc_fixed(chunk),
         *variable_block = spaces_chunk_alloc(chunk, 100, 0),
         *large = spaces_chunk_alloc(chunk, 500000, 0);
    SpacesChunkEntry entry = {0};
    int seen = 0;
    while (spaces_chunk_walk(chunk, &entry) == SPACES_CHUNK_OK) {
        if (entry.entry == fixed)
            seen++, assert_int_equal(entry.type, SPACES_BLOCK_FIXED);
        if (entry.entry == variable_block)
            seen++, assert_int_equal(entry.type, SPACES_BLOCK_VAR_FIXED);
        if (entry.entry == large)
            seen++, assert_int_equal(entry.type, SPACES_BLOCK_EXTERNAL);
    }
    assert_int_equal(seen, 3);
    spaces_chunk_destroy(chunk);
}

static void test_pointer_check(void **state)
{
    (void)state;
    int local = 0;
    SpacesChunk other = spaces_chunk_create(0);
    for (int i = 0; i < COUNT; i++) {
        SpacesPointerStatus expected = known[i].live ? SPACES_PTR_OK : SPACES_PTR_FREE;
        SpacesPointerStatus status = spaces_chunk_ptr_check(chunk, known[i].block);
        /* A slab or large block that went back to the pool is nobody's. */
        if (!known[i].live && status == SPACES_PTR_WILD)
            continue;
        assert_int_equal(status, expected);
        assert_int_equal(spaces_chunk_ptr_check(NULL, known[i].block), expected);
        assert_int_equal(spaces_chunk_ptr_check(other, known[i].block), SPACES_PTR_WILD);
        assert_int_equal(spaces_chunk_ptr_check(chunk, known[i].block + 1), SPACES_PTR_WILD);
    }
    void *wild[] = {NULL,
                    &local,
                    &known,
                    (void *)8,
                    (void *)UINTPTR_MAX,
                    (void *)chunk,
                    (void *)(uintptr_t)0xdeadbeefdeadbeef};
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++)
        assert_int_equal(spaces_chunk_ptr_check(NULL, wild[i]), SPACES_PTR_WILD);
    assert_int_equal(told.count, 0); /* it only tells */
    spaces_chunk_destroy(other);
}

/* A damaged link is found by a check of the fast build, and the walk ends with a status. */
static void test_walk_of_a_damaged_chunk(void **state)
{
    fresh(state);
    if (is_debug_build())
        skip();
    chunk = spaces_chunk_create(0);
    void *blocks[10];
    for (int i = 0; i < 10; i++)
        blocks[i] = spaces_chunk_alloc(chunk, 64, 0);
    for (int i = 0; i < 10; i++)
        spaces_chunk_free(blocks[i]);
    memset(opaque(blocks[5]), 0x11, 8);
    assert_int_equal(spaces_chunk_check(chunk), 0);
    assert_int_equal(told.count, 1);
    SpacesChunkEntry entry = {0};
    int steps = 0;
    SpacesChunkStatus status;
    while ((status = spaces_chunk_walk(chunk, &entry)) == SPACES_CHUNK_OK)
        assert_true(++steps < 100000);
    assert_true(status == SPACES_CHUNK_CORRUPT || status == SPACES_CHUNK_CORRUPT_FATAL);
    Report report;
    assert_true(reports_take(&report, 1) >= 1);
    spaces_chunk_destroy(chunk);
}

#define ON(kind, name) cmocka_unit_test_setup_teardown(name, kind, end)

static const struct CMUnitTest tests[] = {
    ON(variable, test_walk),
    ON(serialized, test_walk),
    ON(fixed_4, test_walk),
    ON(fixed_9000, test_walk),
    ON(variable, test_walk_from_garbage),
    ON(fixed_9000, test_walk_from_garbage),
    ON(variable, test_two_walks_at_once),
    ON(variable, test_pointer_check),
    ON(fixed_4, test_pointer_check),
    ON(fixed_9000, test_pointer_check),
    cmocka_unit_test_setup(test_walk_of_an_empty_chunk, fresh),
    cmocka_unit_test_setup(test_walk_of_the_default_chunk, fresh),
    cmocka_unit_test_setup(test_types_of_blocks, fresh),
    cmocka_unit_test_setup(test_walk_of_a_damaged_chunk, fresh),
};

SUITE_MAIN(tests, NULL)
