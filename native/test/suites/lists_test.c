/* lists_test.c - links between a chunk's heaps and slabs that were overwritten: check and walk end,
 * and tell of the structure whose link it is. */
#define _GNU_SOURCE
#include "harness.h"

#define BLOCKS 4000

/* A chunk of several slabs and two large blocks. It stays: an address is told of once. */
static SpChunk *make(void)
{
    SpacesChunk chunk = spaces_chunk_create(0);
    for (int i = 0; i < BLOCKS; i++)
        assert_non_null(spaces_chunk_alloc(chunk, i % 2 ? 40 : 300, 0));
    assert_non_null(spaces_chunk_alloc(chunk, 300000, 0));
    assert_non_null(spaces_chunk_alloc(chunk, 300000, 0));
    assert_int_equal(spaces_chunk_check(chunk), 1);
    told_reset();
    reports_drop();
    return (SpChunk *)chunk;
}

static SpacesChunkStatus walk_all(SpChunk *chunk, int *entries)
{
    SpacesChunkEntry entry = {.entry = NULL};
    SpacesChunkStatus status;
    *entries = 0;
    while ((status = spaces_chunk_walk((SpacesChunk)chunk, &entry)) == SPACES_CHUNK_OK)
        ++*entries;
    return status;
}

/* Overwrite a link of a structure, look, and put it right again. */
static void expect_told(SpChunk *chunk, void *link, const void *structure, void *value)
{
    Report report;
    int entries;
    void *before = *(void **)link;
    *(void **)link = value;
    assert_int_equal(spaces_chunk_check((SpacesChunk)chunk), 0);
    report_expect_one(&report, "metadata");
    told_expect(SPACES_ERR_BAD_CHUNK);
    assert_ptr_equal(told.info.chunk, chunk);
    assert_int_equal(report_address(&report, "address"), (uintptr_t)structure);
    assert_int_equal(report_number(&report, "offset"), (char *)link - (const char *)structure);
    SpacesChunkStatus status = walk_all(chunk, &entries);
    assert_true(status == SPACES_CHUNK_CORRUPT_FATAL || status == SPACES_CHUNK_CORRUPT);
    report_expect_none(); /* it is told once */
    *(void **)link = before;
    assert_int_equal(spaces_chunk_check((SpacesChunk)chunk), 1);
    assert_int_equal(walk_all(chunk, &entries), SPACES_CHUNK_END);
    assert_true(entries >= BLOCKS + 2);
    told_reset();
}

static void test_slab_to_nowhere(void **state)
{
    (void)state;
    SpChunk *chunk = make();
    SpSlab *slab = chunk->own.slabs;
    expect_told(chunk, &slab->all_next, slab, (void *)0x4141414141414141);
}

static void test_slab_in_a_circle(void **state)
{
    (void)state;
    SpChunk *chunk = make();
    SpSlab *slab = chunk->own.slabs->all_next;
    expect_told(chunk, &slab->all_next, slab, chunk->own.slabs);
}

static void test_slab_into_program_memory(void **state)
{
    (void)state;
    SpChunk *chunk = make();
    SpSlab *slab = chunk->own.slabs;
    expect_told(chunk, &slab->all_next, slab, slab->base + 128);
}

static void test_slab_of_another_chunk(void **state)
{
    (void)state;
    SpChunk *chunk = make(), *other = make();
    expect_told(chunk, &chunk->own.slabs, &chunk->own, other->own.slabs->all_next);
}

static void test_large_block_to_nowhere(void **state)
{
    (void)state;
    SpChunk *chunk = make();
    expect_told(chunk, &chunk->large->all_next, chunk->large, (void *)8);
}

static void test_list_of_large_blocks(void **state)
{
    (void)state;
    SpChunk *chunk = make();
    expect_told(chunk, &chunk->large, chunk, &chunk->cookie);
}

static void test_list_of_heaps(void **state)
{
    (void)state;
    SpChunk *chunk = make(), *other = make();
    expect_told(chunk, &chunk->heaps, chunk, &other->own);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_slab_to_nowhere, fresh),
    cmocka_unit_test_setup(test_slab_in_a_circle, fresh),
    cmocka_unit_test_setup(test_slab_into_program_memory, fresh),
    cmocka_unit_test_setup(test_slab_of_another_chunk, fresh),
    cmocka_unit_test_setup(test_large_block_to_nowhere, fresh),
    cmocka_unit_test_setup(test_list_of_large_blocks, fresh),
    cmocka_unit_test_setup(test_list_of_heaps, fresh),
};

SUITE_MAIN(tests, NULL)
