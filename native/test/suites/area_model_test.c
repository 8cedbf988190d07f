/* area_model_test.c - random sequences of operations on areas in several places and on a
 * shared chunk, against a model that knows what each holds: bytes, disjointness, counts,
 * ceilings, and what walk and check say. The seed is printed; SEED=... repeats a run. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNKS 4
#define BLOCKS 250

typedef struct Block {
    unsigned char *bytes;
    size_t size;
    unsigned char pattern;
} Block;

typedef struct Model {
    SpacesChunk chunk;
    unsigned char *place; /* of the area, NULL: a shared chunk */
    size_t bytes;
    bool zeroed;
    size_t fixed, count, ceiling;
    Block blocks[BLOCKS];
} Model;

static Model models[CHUNKS];
static uint64_t dice;

static size_t roll(size_t sides)
{
    return (size_t)(random_next(&dice) % sides);
}

static size_t any_size(void)
{
    return roll(25) ? roll(700) + 1 : roll(40000) + 1;
}

static void expect_bytes(const Block *block, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (block->bytes[i] != block->pattern)
            fail_msg("byte %zu of a block of %zu changed", i, block->size);
}

/* ---- places --------------------------------------------------------------------- */

static unsigned char fixed_place[150000];

static void place(Model *model, int which)
{
    model->bytes = 60000 + roll(60000);
    switch (which) {
    case 0:
        model->place = fixed_place + roll(64);
        break;
    case 1:
        model->place = malloc(model->bytes);
        break;
    case 2:
        model->bytes = 2000 + roll(5000); /* within a small block */
        model->place = malloc(model->bytes);
        break;
    default:
        model->place = NULL;
    }
}

static void create(Model *model)
{
    int which = (int)(model - models);
    unsigned flags =
        (roll(2) ? SPACES_CHUNK_SERIALIZE : 0) | (roll(3) ? 0 : SPACES_CHUNK_ZERO_INIT);
    memset(model, 0, sizeof *model);
    place(model, which);
    model->zeroed = flags & SPACES_CHUNK_ZERO_INIT;
    model->ceiling = SIZE_MAX;
    const char *name = (const char *)(intptr_t)(0x53700000 + (getpid() & 0xfffff));
    model->chunk = model->place ? spaces_chunk_create_area(model->place, model->bytes, flags)
                                : spaces_chunk_create_shared(name, model->bytes + 65536, flags);
    assert_non_null(model->chunk);
    if (roll(2)) {
        model->fixed = roll(200) + 1;
        assert_int_equal(spaces_chunk_set_block_size(model->chunk, (unsigned short)model->fixed),
                         1);
    }
    spaces_chunk_set_page_size(model->chunk, 4096u << roll(5));
}

static void destroy(Model *model)
{
    assert_int_equal(spaces_chunk_destroy(model->chunk), 1);
    if (model->place < fixed_place || model->place >= fixed_place + sizeof fixed_place)
        free(model->place);
}

/* ---- operations ------------------------------------------------------------------- */

static void expect_own(const Model *model, const Block *block)
{
    if (model->place) {
        assert_true(block->bytes >= model->place);
        assert_true(block->bytes + block->size <= model->place + model->bytes);
    }
    for (size_t i = 0; i < model->count; i++) {
        const Block *other = &model->blocks[i];
        if (other != block)
            assert_true(block->bytes + block->size <= other->bytes ||
                        other->bytes + other->size <= block->bytes);
    }
}

static void expect_full(const Model *model)
{
    assert_int_equal(told.count, 1);
    SpacesErrorCode code = told.info.errorCode;
    assert_true(code == SPACES_ERR_OUT_OF_MEMORY || code == SPACES_ERR_BLOCK_TOO_BIG ||
                (code == SPACES_ERR_EXCEEDED_CEILING && model->ceiling != SIZE_MAX));
}

static void take(Model *model)
{
    if (model->count == BLOCKS)
        return;
    Block *block = &model->blocks[model->count];
    bool fixed = model->fixed && roll(3);
    size_t align = roll(3) ? 8 : (size_t)8 << roll(9);
    unsigned flags = (roll(4) ? 0 : SPACES_FLAG_ZERO_INIT) | (roll(8) ? 0 : SPACES_FLAG_NO_GROW);
    size_t before = spaces_chunk_size(model->chunk);
    told_reset();
    block->size = fixed ? model->fixed : any_size();
    block->bytes = fixed ? spaces_chunk_alloc_fixed(model->chunk)
                         : spaces_chunk_alloc_aligned(model->chunk, block->size, align, flags);
    if (!fixed && (flags & SPACES_FLAG_NO_GROW))
        assert_true(spaces_chunk_size(model->chunk) <= before);
    if (!block->bytes) {
        expect_full(model);
        return;
    }
    if (!fixed)
        assert_int_equal((uintptr_t)block->bytes % align, 0);
    if (model->zeroed || (!fixed && (flags & SPACES_FLAG_ZERO_INIT))) {
        block->pattern = 0;
        expect_bytes(block, block->size);
    }
    expect_own(model, block);
    block->pattern = (unsigned char)(roll(255) + 1);
    memset(block->bytes, block->pattern, block->size);
    model->count++;
}

static void give(Model *model)
{
    Block *block = &model->blocks[roll(model->count)];
    expect_bytes(block, block->size);
    assert_int_equal(spaces_chunk_free(block->bytes), 1);
    assert_int_not_equal(spaces_chunk_ptr_check(model->chunk, block->bytes), SPACES_PTR_OK);
    *block = model->blocks[--model->count];
}

static void resize(Model *model)
{
    Block *block = &model->blocks[roll(model->count)];
    size_t size = any_size();
    unsigned flags = roll(3) ? 0 : SPACES_FLAG_RESIZE_IN_PLACE;
    told_reset();
    void *bytes = spaces_chunk_realloc(block->bytes, size, flags);
    if (!bytes) {
        if (flags)
            told_expect(SPACES_ERR_RESIZE_FAILED);
        else
            expect_full(model);
        expect_bytes(block, block->size);
        return;
    }
    if (flags)
        assert_ptr_equal(bytes, block->bytes);
    block->bytes = bytes;
    expect_bytes(block, size < block->size ? size : block->size);
    block->size = size;
    expect_own(model, block);
    memset(bytes, block->pattern, size);
}

static void settings(Model *model)
{
    size_t ceiling = roll(2) ? SIZE_MAX : spaces_chunk_size(model->chunk) + roll(40000);
    assert_int_equal(spaces_chunk_set_ceiling(model->chunk, ceiling), model->ceiling);
    model->ceiling = ceiling;
    spaces_chunk_set_free_bytes(model->chunk, roll(2) ? 0 : roll(100000));
    spaces_chunk_set_page_size(model->chunk, 4096u << roll(5));
    spaces_chunk_set_page_resizing(model->chunk, (int)roll(2));
    spaces_chunk_shrink(model->chunk);
}

/* The chunk tells what the model knows. */
static void compare(Model *model)
{
    assert_int_equal(spaces_chunk_count(model->chunk), model->count);
    assert_true(spaces_chunk_size(model->chunk) <= model->ceiling);
    assert_int_equal(spaces_chunk_check(model->chunk), 1);
    size_t live = 0, found = 0;
    SpacesChunkEntry entry = {.entry = NULL};
    SpacesChunkStatus status;
    while ((status = spaces_chunk_walk(model->chunk, &entry)) == SPACES_CHUNK_OK) {
        live += entry.isInUse != 0;
        for (size_t i = 0; entry.isInUse && i < model->count; i++)
            if (model->blocks[i].bytes == entry.entry) {
                found++;
                assert_true(entry.size >= model->blocks[i].size);
            }
    }
    assert_int_equal(status, SPACES_CHUNK_END);
    assert_int_equal(live, model->count);
    assert_int_equal(found, model->count);
    for (size_t i = 0; i < model->count; i++) {
        expect_bytes(&model->blocks[i], model->blocks[i].size);
        assert_int_equal(spaces_chunk_ptr_check(model->chunk, model->blocks[i].bytes),
                         SPACES_PTR_OK);
    }
}

static void one_sequence(void **state)
{
    (void)state;
    for (int i = 0; i < CHUNKS; i++)
        create(&models[i]);
    for (int step = 0; step < 8000; step++) {
        Model *model = &models[roll(CHUNKS)];
        size_t what = roll(1000);
        if (what < 500)
            take(model);
        else if (what < 780 && model->count)
            give(model);
        else if (what < 950 && model->count)
            resize(model);
        else if (what < 970)
            settings(model);
        else if (what < 985)
            compare(model);
        else if (what < 988) {
            destroy(model);
            create(model);
        }
    }
    for (int i = 0; i < CHUNKS; i++) {
        compare(&models[i]);
        destroy(&models[i]);
    }
    assert_int_equal(spaces_chunk_check(spaces_default_chunk), 1);
}

static int seeded(void **state)
{
    fresh(state);
    if (!dice) {
        const char *given = getenv("SEED");
        dice = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
        dice = dice ? dice : 1;
        printf("SEED=%llu\n", (unsigned long long)dice);
    }
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(one_sequence, seeded),
    cmocka_unit_test_setup(one_sequence, seeded),
    cmocka_unit_test_setup(one_sequence, seeded),
    cmocka_unit_test_setup(one_sequence, seeded),
};

SUITE_MAIN(tests, NULL)
