/* mixed_test.c - the engine for blocks of any size, on its own: random operations against
 * a model of what is live, on both algorithms; damage of free memory; and a process that
 * dies in the middle. The seed is printed; SEED=... in the environment repeats a run.
 * mixed_debug_test.c is the same with the debug build's fill patterns. */
#define _GNU_SOURCE
#include "../../src/classes.c"
#include "../../src/mixed.c"
#include "../../src/mixed_find.c"
#include "../../src/mixed_free.c"

#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATA   ((uint64_t)1 << 18)
#define BLOCKS 600

typedef struct Block {
    uint32_t unit, units;
    unsigned char pattern;
} Block;

static struct {
    SpMixed *m;
    char *base;
    uint32_t count;
    Block blocks[BLOCKS];
} model;

static uint64_t dice;

static size_t roll(size_t sides)
{
    return (size_t)(random_next(&dice) % sides);
}

static void *mapped(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    return p;
}

static void begin(uint32_t algorithm)
{
    memset(&model, 0, sizeof model);
    model.m = mapped(sp_mixed_bytes(DATA, algorithm));
    model.base = mapped(DATA);
    sp_mixed_init(model.m, DATA, algorithm, 0x1234567890abcdefu);
}

static void end(void)
{
    munmap(model.m, sp_mixed_bytes(DATA, model.m->algorithm));
    munmap(model.base, DATA);
}

static int setup(void **state)
{
    (void)state;
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 1000 + getpid();
    printf("seed %llu\n", (unsigned long long)seed);
    dice = seed;
    sp_classes_init();
    return 0;
}

/* Everything below top belongs to exactly one block or stretch, and the counters are right. */
static void expect_whole(const SpMixed *m)
{
    uint32_t live = 0, free_units = 0;
    uint64_t live_units = 0;
    bool was_free = false;
    for (uint32_t unit = 0, length; unit < m->top; unit += length) {
        assert_true(sp_mixed_is_start(m, unit));
        length = sp_mixed_length(m, unit);
        assert_true(length > 0 && length <= m->top - unit);
        assert_int_equal(sp_mixed_start(m, unit + length - 1), unit);
        if (sp_mixed_is_live(m, unit)) {
            live++;
            live_units += length;
            was_free = false;
        } else {
            assert_false(was_free && m->algorithm != SPACES_SMALL_V3);
            was_free = true;
            free_units += length;
        }
    }
    assert_false(was_free && m->algorithm != SPACES_SMALL_V3); /* the end is given up */
    assert_int_equal(live, m->blocks);
    assert_int_equal(live_units, m->live_units);
    assert_int_equal(free_units, m->free_units);
}

static void expect_blocks(void)
{
    for (uint32_t i = 0; i < model.count; i++) {
        const Block *b = &model.blocks[i];
        assert_true(sp_mixed_is_live(model.m, b->unit));
        assert_true(sp_mixed_length(model.m, b->unit) >= b->units);
        const unsigned char *p =
            (unsigned char *)model.base + ((uint64_t)b->unit << model.m->shift);
        for (uint64_t k = 0; k < (uint64_t)b->units << model.m->shift; k += 1 + roll(9))
            assert_int_equal(p[k], b->pattern);
    }
    assert_int_equal(model.count, model.m->blocks);
}

static void fill(const Block *b, uint32_t from)
{
    memset(model.base + ((uint64_t)(b->unit + from) << model.m->shift), b->pattern,
           (size_t)(b->units - from) << model.m->shift);
}

static uint64_t any_bytes(void)
{
    return roll(10) ? roll(300) + 1 : roll(6000) + 1;
}

static void take_one(void)
{
    if (model.count == BLOCKS)
        return;
    SpMixed *m = model.m;
    uint64_t bytes = any_bytes();
    SpMixedNeed need = {.units = sp_mixed_units(m, bytes), .align = (uintptr_t)1 << m->shift};
    if (m->algorithm != SPACES_SMALL_V3 && !roll(4)) {
        need.align = (uintptr_t)16 << roll(9);
        need.skew = roll(need.align / 16) * 16;
    }
    uint32_t unit = sp_mixed_take(m, model.base, &need);
    if (unit == SP_MIXED_NO_UNIT && sp_mixed_top_for(m, model.base, &need) != SP_MIXED_NO_UNIT)
        unit = sp_mixed_extend(m, model.base, &need);
    if (unit == SP_MIXED_NO_UNIT)
        return;
    Block *b = &model.blocks[model.count++];
    *b = (Block){unit, sp_mixed_length(m, unit), (unsigned char)(roll(200) + 1)};
    assert_true((uint64_t)b->units << m->shift >= bytes);
    assert_int_equal(
        ((uintptr_t)model.base + ((uint64_t)unit << m->shift) + need.skew) % need.align, 0);
    fill(b, 0);
}

static void free_one(void)
{
    if (!model.count)
        return;
    uint32_t i = (uint32_t)roll(model.count);
    assert_true(sp_mixed_free(model.m, model.base, model.blocks[i].unit));
    assert_false(sp_mixed_free(model.m, model.base, model.blocks[i].unit));
    model.blocks[i] = model.blocks[--model.count];
}

static void resize_one(void)
{
    if (!model.count)
        return;
    Block *b = &model.blocks[roll(model.count)];
    uint32_t units = sp_mixed_units(model.m, any_bytes()), before = b->units;
    if (sp_mixed_resize(model.m, model.base, b->unit, units)) {
        b->units = model.m->algorithm == SPACES_SMALL_V3 ? before : units;
        assert_int_equal(sp_mixed_length(model.m, b->unit), b->units);
    } else if (sp_mixed_may_stretch(model.m, b->unit, units) && units > before) {
        sp_mixed_stretch(model.m, b->unit, units);
        b->units = units;
    }
    if (b->units > before)
        fill(b, before);
}

static void expect_no_damage(void)
{
    uint64_t at;
    assert_false(sp_mixed_damaged(&at));
}

static void any_sequence(uint32_t algorithm)
{
    begin(algorithm);
    for (int step = 0; step < 30000; step++) {
        size_t dice_roll = roll(100);
        /* In turns it grows and shrinks. */
        size_t takes = (step / 2000) % 2 ? 30 : 60;
        if (dice_roll < takes)
            take_one();
        else if (dice_roll < 90)
            free_one();
        else
            resize_one();
        if (roll(500) == 0)
            sp_mixed_rebuild(model.m, model.base);
        if (step % 200 == 0) {
            expect_whole(model.m);
            expect_blocks();
        }
    }
    expect_no_damage();
    while (model.count)
        free_one();
    assert_int_equal(model.m->top, 0);
    assert_int_equal(model.m->free_units, 0);
    end();
}

static void general(void **state)
{
    (void)state;
    any_sequence(SPACES_SMALL_NONE);
}

static void v3(void **state)
{
    (void)state;
    any_sequence(SPACES_SMALL_V3);
}

static uint32_t take_units(uint32_t units)
{
    SpMixedNeed need = {.units = units, .align = 16};
    uint32_t unit = sp_mixed_take(model.m, model.base, &need);
    return unit == SP_MIXED_NO_UNIT ? sp_mixed_extend(model.m, model.base, &need) : unit;
}

static void neighbours_join(void **state)
{
    (void)state;
    begin(SPACES_SMALL_NONE);
    uint32_t a = take_units(10), b = take_units(10), c = take_units(10), d = take_units(10);
    sp_mixed_free(model.m, model.base, a);
    sp_mixed_free(model.m, model.base, c);
    sp_mixed_free(model.m, model.base, b);
    assert_int_equal(sp_mixed_length(model.m, a), 30);
    assert_int_equal(take_units(30), a); /* one block of the three */
    sp_mixed_free(model.m, model.base, d);
    assert_int_equal(model.m->top, 30);
    end();
}

static void v3_keeps_sizes(void **state)
{
    (void)state;
    begin(SPACES_SMALL_V3);
    uint32_t a = take_units(4), b = take_units(4), c = take_units(8);
    sp_mixed_free(model.m, model.base, a);
    sp_mixed_free(model.m, model.base, b);
    assert_true(take_units(8) > c); /* two freed neighbours are not one */
    assert_int_equal(take_units(4), b);
    assert_int_equal(take_units(4), a);
    end();
}

/* Free memory that was written to is noticed, given its place, and costs no live block. */
static void damage(uint32_t algorithm)
{
    for (int round = 0; round < 300; round++) {
        begin(algorithm);
        for (int i = 0; i < 120; i++)
            take_one();
        uint32_t gone = 0, kept = 0;
        Block freed[BLOCKS];
        for (uint32_t i = 0; i < model.count; i++)
            if (i % 2) {
                freed[gone++] = model.blocks[i];
                sp_mixed_free(model.m, model.base, model.blocks[i].unit);
            } else {
                model.blocks[kept++] = model.blocks[i];
            }
        model.count = kept;
        const Block *victim = &freed[roll(gone)];
        uint64_t place = (uint64_t)victim->unit << model.m->shift;
        if (!sp_mixed_is_start(model.m, victim->unit)) {
            end();
            continue; /* given up or joined: not free memory's start any more */
        }
        model.base[place + roll(algorithm == SPACES_SMALL_V3 ? 8 : 16)] ^= (char)(1 + roll(255));
        for (int i = 0; i < 400; i++) {
            take_one();
            if (roll(3) == 0)
                free_one();
        }
        uint64_t at;
        if (sp_mixed_damaged(&at))
            assert_int_equal(at, place);
        sp_mixed_rebuild(model.m, model.base);
        expect_whole(model.m);
        expect_blocks();
        end();
    }
}

static void damage_general(void **state)
{
    (void)state;
    damage(SPACES_SMALL_NONE);
}
static void damage_v3(void **state)
{
    (void)state;
    damage(SPACES_SMALL_V3);
}

/* A process that dies anywhere leaves bits that a rebuild makes whole, with all blocks of
 * others as they were. */
static void owner_dies(void **state)
{
    (void)state;
    volatile uint32_t *ready = mapped(4096);
    for (int round = 0; round < 60; round++) {
        begin(SPACES_SMALL_NONE);
        for (int i = 0; i < 200; i++)
            take_one();
        *ready = 0;
        pid_t child = fork();
        if (!child) {
            /* Its own blocks only; ours stay. */
            uint32_t mine = model.count;
            *ready = 1;
            for (;;) {
                SpMixedNeed need = {.units = (uint32_t)roll(30) + 3, .align = 16};
                uint32_t unit = sp_mixed_take(model.m, model.base, &need);
                if (unit == SP_MIXED_NO_UNIT &&
                    sp_mixed_top_for(model.m, model.base, &need) != SP_MIXED_NO_UNIT)
                    unit = sp_mixed_extend(model.m, model.base, &need);
                if (unit != SP_MIXED_NO_UNIT && model.count < BLOCKS)
                    model.blocks[model.count++].unit = unit;
                else if (unit != SP_MIXED_NO_UNIT)
                    sp_mixed_free(model.m, model.base, unit);
                if (model.count > mine && (unit == SP_MIXED_NO_UNIT || roll(2))) {
                    uint32_t i = mine + (uint32_t)roll(model.count - mine);
                    sp_mixed_free(model.m, model.base, model.blocks[i].unit);
                    model.blocks[i] = model.blocks[--model.count];
                }
            }
        }
        while (!*ready)
            usleep(10);
        usleep((useconds_t)roll(3000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        sp_mixed_rebuild(model.m, model.base);
        expect_whole(model.m);
        for (uint32_t i = 0; i < model.count; i++) {
            assert_true(sp_mixed_is_live(model.m, model.blocks[i].unit));
            assert_int_equal(sp_mixed_length(model.m, model.blocks[i].unit), model.blocks[i].units);
        }
        end();
    }
}

static void hostile_numbers(void **state)
{
    (void)state;
    begin(SPACES_SMALL_NONE);
    assert_int_equal(sp_mixed_units(model.m, UINT64_MAX - 3), SP_MIXED_NO_UNIT);
    assert_int_equal(sp_mixed_start(model.m, 0), SP_MIXED_NO_UNIT);
    assert_false(sp_mixed_is_live(model.m, UINT32_MAX));
    assert_false(sp_mixed_free(model.m, model.base, 77));
    SpMixedNeed whole = {.units = model.m->units, .align = 16};
    assert_int_equal(sp_mixed_take(model.m, model.base, &whole), SP_MIXED_NO_UNIT);
    assert_int_equal(sp_mixed_extend(model.m, model.base, &whole), 0);
    assert_int_equal(sp_mixed_top_for(model.m, model.base, &(SpMixedNeed){1, 16, 0}),
                     SP_MIXED_NO_UNIT);
    assert_int_equal(sp_mixed_room(model.m), -1);
    assert_true(sp_mixed_free(model.m, model.base, 0));
    assert_int_equal(sp_mixed_room(model.m), 14);
    end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(general),         cmocka_unit_test(v3),
    cmocka_unit_test(neighbours_join), cmocka_unit_test(v3_keeps_sizes),
    cmocka_unit_test(damage_general),  cmocka_unit_test(damage_v3),
    cmocka_unit_test(owner_dies),      cmocka_unit_test(hostile_numbers),
};

int main(void)
{
    return cmocka_run_group_tests(tests, setup, NULL);
}
