/* model_test.c - random sequences of operations against a model that knows what every
 * chunk must hold. The seed is printed; SEED=... in the environment repeats a run. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNKS 6
#define BLOCKS 400

typedef struct Block {
    unsigned char *bytes;
    size_t size;
    unsigned char pattern;
} Block;

typedef struct Model {
    SpacesChunk chunk;
    size_t fixed; /* 0: variable */
    bool zeroed;
    size_t count;
    size_t ceiling;
    Block blocks[BLOCKS];
} Model;

static Model models[CHUNKS];
static uint64_t seed, dice;

static size_t roll(size_t sides)
{
    return (size_t)(random_next(&dice) % sides);
}

static size_t any_size(void)
{
    switch (roll(20)) {
    case 0:
        return roll(300000) + 1;
    case 1:
        return roll(20000) + 1;
    case 2:
        return 1;
    default:
        return roll(600) + 1;
    }
}

static void expect_bytes(const Block *block, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (block->bytes[i] != block->pattern)
            fail_msg("byte %zu of a block of %zu changed", i, block->size);
}

static void create(Model *model)
{
    unsigned flags =
        (roll(2) ? SPACES_CHUNK_SERIALIZE : 0) | (roll(3) ? 0 : SPACES_CHUNK_ZERO_INIT);
    memset(model, 0, sizeof *model);
    model->zeroed = flags & SPACES_CHUNK_ZERO_INIT;
    model->ceiling = SIZE_MAX;
    if (roll(2)) {
        model->fixed = roll(4) ? roll(300) + 1 : roll(65535) + 1;
        model->chunk = spaces_chunk_create_fixed((unsigned short)model->fixed, roll(50), flags);
    } else {
        model->chunk = spaces_chunk_create(flags);
    }
    assert_non_null(model->chunk);
}

static void take(Model *model)
{
    if (model->count == BLOCKS)
        return;
    Block *block = &model->blocks[model->count];
    unsigned flags = roll(4) ? 0 : SPACES_FLAG_ZERO_INIT;
    bool fixed = model->fixed && roll(5);
    told_reset();
    block->size = fixed ? model->fixed : any_size();
    block->bytes = fixed ? spaces_chunk_alloc_fixed(model->chunk)
                         : spaces_chunk_alloc(model->chunk, block->size, flags);
    if (!block->bytes) {
        assert_true(model->ceiling != SIZE_MAX);
        told_expect(SPACES_ERR_EXCEEDED_CEILING);
        return;
    }
    if (model->zeroed || (flags && !fixed)) {
        block->pattern = 0;
        expect_bytes(block, block->size);
    }
    block->pattern = (unsigned char)(roll(255) + 1);
    memset(block->bytes, block->pattern, block->size);
    model->count++;
}

static void forget(Model *model, Block *block)
{
    *block = model->blocks[--model->count];
}

static void give(Model *model)
{
    Block *block = &model->blocks[roll(model->count)];
    expect_bytes(block, block->size);
    assert_int_equal(spaces_chunk_free(block->bytes), 1);
    assert_int_not_equal(spaces_chunk_ptr_check(model->chunk, block->bytes), SPACES_PTR_OK);
    forget(model, block);
}

static void resize(Model *model)
{
    Block *block = &model->blocks[roll(model->count)];
    size_t size = any_size();
    unsigned flags = roll(3) ? 0 : SPACES_FLAG_RESIZE_IN_PLACE;
    told_reset();
    void *bytes = spaces_chunk_realloc(block->bytes, size, flags);
    if (!bytes) {
        told_expect(flags ? SPACES_ERR_RESIZE_FAILED : SPACES_ERR_EXCEEDED_CEILING);
        expect_bytes(block, block->size);
        return;
    }
    if (flags)
        assert_ptr_equal(bytes, block->bytes);
    block->bytes = bytes;
    expect_bytes(block, size < block->size ? size : block->size);
    block->size = size;
    memset(bytes, block->pattern, size);
}

static void cap(Model *model)
{
    size_t ceiling = roll(2) ? SIZE_MAX : spaces_chunk_size(model->chunk) + roll(1 << 20);
    assert_int_equal(spaces_chunk_set_ceiling(model->chunk, ceiling), model->ceiling);
    model->ceiling = ceiling;
}

/* The chunk tells what the model knows. */
static void compare(Model *model)
{
    assert_int_equal(spaces_chunk_count(model->chunk), model->count);
    assert_true(spaces_chunk_size(model->chunk) <= model->ceiling);
    assert_int_equal(spaces_chunk_check(model->chunk), 1);
    size_t live = 0, found = 0;
    SpacesChunkEntry entry;
    memset(&entry, (int)roll(256), sizeof entry);
    SpacesChunkStatus status;
    while ((status = spaces_chunk_walk(model->chunk, &entry)) == SPACES_CHUNK_OK) {
        if (!entry.isInUse)
            continue;
        live++;
        for (size_t i = 0; i < model->count; i++)
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
    for (int step = 0; step < 6000; step++) {
        Model *model = &models[roll(CHUNKS)];
        size_t what = roll(1000);
        if (what < 550)
            take(model);
        else if (what < 800 && model->count)
            give(model);
        else if (what < 950 && model->count)
            resize(model);
        else if (what < 970)
            cap(model);
        else if (what < 985)
            compare(model);
        else if (what < 990) {
            assert_int_equal(spaces_chunk_destroy(model->chunk), 1);
            create(model);
        }
    }
    for (int i = 0; i < CHUNKS; i++) {
        compare(&models[i]);
        assert_int_equal(spaces_chunk_destroy(models[i].chunk), 1);
    }
}

static int seeded(void **state)
{
    fresh(state);
    if (!seed) {
        const char *given = getenv("SEED");
        seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
        dice = seed = seed ? seed : 1;
        printf("SEED=%llu\n", (unsigned long long)seed);
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
