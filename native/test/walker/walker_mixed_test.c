/* walker_mixed_test.c - the walker on slabs of blocks of any size, built by
 * hand: which blocks it tells, window by window, and what damage it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "built.h"

#define LARGE_AREA 100000u /* units: several windows */

static SpDecoder decoder;
static SpDamage damage;

/* What a walk over all windows tells. */
typedef struct Told {
    uint32_t blocks, live, windows, damaged;
    uint64_t live_bytes, bytes;
} Told;

static Told walk(Built *b)
{
    Told told = {0};
    SpBlock block;
    uint64_t next = (uint64_t)(uintptr_t)b->header.base;
    built_decode(b, &decoder);
    for (;; sp_decode_window(&decoder, &b->memory)) {
        uint32_t counted = 0;
        assert_int_equal(decoder.result, SP_DECODE_OK);
        for (uint32_t i = sp_decode_first(&decoder); i != SP_NO_BLOCK;
             i = sp_decode_after(&decoder, i)) {
            assert_true(sp_decode_block(&decoder, i, &block));
            assert_int_equal(block.address, next); /* nothing is left out, nothing told twice */
            next += block.span;
            told.bytes += block.span;
            counted++;
            told.damaged += sp_check_block(&decoder, &b->checking, i, &damage) == SP_DECODE_DAMAGED;
        }
        assert_int_equal(counted, decoder.blocks);
        told.blocks += decoder.blocks;
        told.live += decoder.live;
        told.live_bytes += decoder.live_bytes;
        told.windows++;
        if (!sp_decode_more(&decoder))
            break;
    }
    assert_int_equal(told.bytes, (uint64_t)b->mixed->top << b->mixed->shift);
    return told;
}

/* Blocks and free stretches in turn; the first one is at unit 0. */
static void fill(Built *b, uint32_t blocks, uint32_t units, bool frees)
{
    for (uint32_t i = 0; i < blocks; i++)
        built_put(b, units + i % 3);
    for (uint32_t i = 0, unit = 0; frees && i < blocks; unit += units + i % 3, i++)
        if (i % 2)
            built_take_back(b, unit);
}

static void empty(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 4, 4096, false, false);
    Told told = walk(&b);
    assert_int_equal(told.blocks, 0);
    assert_int_equal(sp_decode_first(&decoder), SP_NO_BLOCK);
    built_end(&b);
}

static void blocks_and_stretches(void **state)
{
    (void)state;
    for (int how = 0; how < 8; how++) {
        Built b;
        bool v3 = how & 1, debug = how & 2;
        built_mixed(&b, how & 4 ? 0 : 4, 8192, v3, debug);
        fill(&b, 100, v3 ? 8 : 4, true);
        Told told = walk(&b);
        assert_int_equal(told.blocks, 100);
        assert_int_equal(told.live, 50);
        assert_int_equal(told.damaged, 0);
        assert_int_equal(told.windows, 1);
        assert_int_equal(told.live_bytes, (b.mixed->live_units << b.mixed->shift) -
                                              (debug ? 50 * 2 * SP_REDZONE : 0));
        built_end(&b);
    }
}

static void windows(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 0, LARGE_AREA, false, false);
    fill(&b, 9000, 10, true); /* 99,000 units */
    Told told = walk(&b);
    assert_int_equal(told.blocks, 9000);
    assert_int_equal(told.live, 4500);
    assert_int_equal(told.windows, (b.mixed->top + SP_WINDOW_UNITS - 1) / SP_WINDOW_UNITS);
    built_end(&b);
}

/* A block longer than several windows is told once, and windows inside it are passed over. */
static void straddling(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 0, LARGE_AREA, false, true);
    built_put(&b, 7);
    uint32_t longest = built_put(&b, 80000);
    uint32_t last = built_put(&b, 9);
    Told told = walk(&b);
    assert_int_equal(told.blocks, 3);
    assert_int_equal(told.windows, 2);
    assert_int_equal(told.damaged, 0);
    built_decode(&b, &decoder);
    SpBlock block;
    assert_true(sp_decode_block(&decoder, longest, &block));
    assert_int_equal(block.span, 80000 << 4);
    assert_int_equal(block.requested, (80000 << 4) - 32);
    assert_int_equal(block.sequence, 1000 + longest);
    assert_int_equal(block.family, SP_FAMILY_CHUNK);
    assert_false(sp_decode_block(&decoder, longest + 1, &block)); /* nothing starts there */
    uint64_t interior, base = (uint64_t)(uintptr_t)b.header.base;
    assert_int_equal(sp_decode_find(&decoder, &b.memory, base + (79000 << 4) + 5, &interior),
                     longest);
    assert_int_equal(interior, ((79000 - longest) << 4) + 5);
    assert_int_equal(sp_decode_find(&decoder, &b.memory, base + ((uint64_t)last << 4), &interior),
                     last);
    assert_true(sp_decode_block(&decoder, last, &block));
    assert_int_equal(sp_decode_find(&decoder, &b.memory, base, &interior), 0);
    assert_int_equal(
        sp_decode_find(&decoder, &b.memory, base + ((uint64_t)b.mixed->top << 4), &interior),
        SP_NO_BLOCK);
    assert_int_equal(sp_decode_find(&decoder, &b.memory, base - 1, &interior), SP_NO_BLOCK);
    built_end(&b);
}

static void current(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 3, 4096, false, false);
    uint32_t first = built_put(&b, 4), second = built_put(&b, 4);
    built_decode(&b, &decoder);
    assert_true(sp_decode_current(&decoder, &b.memory));
    built_take_back(&b, first);
    assert_false(sp_decode_current(&decoder, &b.memory));
    built_decode(&b, &decoder);
    assert_true(sp_decode_current(&decoder, &b.memory));
    built_put(&b, 2);
    assert_false(sp_decode_current(&decoder, &b.memory));
    (void)second;
    built_end(&b);
}

/* ---- damage ------------------------------------------------------------------- */

/* Damages the structure behind the header in one way; the slab must be told of as damaged. */
static void expect_flaw(const char *reason, void (*hurt)(Built *))
{
    for (int area = 0; area < 2; area++) {
        Built b;
        built_mixed(&b, area ? 0 : 9, 4096, false, false);
        fill(&b, 20, 4, true);
        hurt(&b);
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_DAMAGED);
        assert_int_equal(decoder.damage.kind, SP_DAMAGE_METADATA);
        assert_int_equal(decoder.damage.index, SP_NO_BLOCK);
        assert_string_equal(decoder.damage.reason, reason);
        built_end(&b);
    }
}

static void hurt_magic(Built *b)
{
    b->mixed->magic ^= 1;
}
static void hurt_algorithm(Built *b)
{
    b->mixed->algorithm = 5;
}
static void hurt_shift(Built *b)
{
    b->mixed->shift = 3;
}
static void hurt_units(Built *b)
{
    b->mixed->units = SP_MIXED_NO_UNIT;
}
static void hurt_top(Built *b)
{
    b->mixed->top = b->mixed->units + 1;
}
static void hurt_starts(Built *b)
{
    b->mixed->starts_at = 8;
}
static void hurt_live(Built *b)
{
    b->mixed->live_at = b->mixed->starts_at + 8;
}
static void hurt_blocks(Built *b)
{
    b->mixed->blocks = b->mixed->top + 1;
}
static void hurt_base(Built *b)
{
    b->header.base = (char *)1;
}
static void hurt_first_bit(Built *b)
{
    ((uint8_t *)b->mixed)[b->mixed->starts_at] &= 0xfe;
    ((uint8_t *)b->mixed)[b->mixed->live_at] &= 0xfe;
}
static void hurt_live_bit(Built *b)
{
    ((uint8_t *)b->mixed)[b->mixed->live_at] |= 2;
}
static void hurt_heap(Built *b)
{
    b->header.heap = NULL;
}

static void structure_damaged(void **state)
{
    (void)state;
    expect_flaw("its magic number was overwritten", hurt_magic);
    expect_flaw("its algorithm is none there is", hurt_algorithm);
    expect_flaw("its unit does not fit its algorithm", hurt_shift);
    expect_flaw("it has more units than its memory has room for", hurt_units);
    expect_flaw("its top lies behind its last unit", hurt_top);
    expect_flaw("its bitmaps are not where they can be", hurt_starts);
    expect_flaw("its bitmaps are not where they can be", hurt_live);
    expect_flaw("it counts more live blocks than it has units", hurt_blocks);
    expect_flaw("the address of the first block is wrong", hurt_base);
    expect_flaw("nothing starts at the first unit", hurt_first_bit);
    expect_flaw("a block is live where none starts", hurt_live_bit);
    expect_flaw("the slab belongs to no heap", hurt_heap);
}

/* One byte changed within the free stretch at `unit`: told at that byte. */
static void expect_written(Built *b, uint32_t unit, uint64_t byte)
{
    uint8_t *at = built_unit(b, unit) + byte;
    *at ^= 0x40;
    assert_int_equal(built_decode(b, &decoder), SP_DECODE_OK);
    assert_int_equal(sp_check_block(&decoder, &b->checking, unit, &damage), SP_DECODE_DAMAGED);
    assert_int_equal(damage.kind, SP_DAMAGE_WRITE_AFTER_FREE);
    *at ^= 0x40;
    SpDamage none;
    assert_int_equal(sp_check_block(&decoder, &b->checking, unit, &none), SP_DECODE_OK);
}

static void written_after_free(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        Built b;
        bool v3 = how & 1, debug = how & 2;
        built_mixed(&b, 7, 4096, v3, debug);
        built_put(&b, 8);
        uint32_t unit = built_put(&b, 12);
        built_put(&b, 8);
        built_take_back(&b, unit);
        for (uint64_t byte = 4; byte < 8; byte++) {
            expect_written(&b, unit, byte);
            assert_int_equal(damage.index, unit);
            if (!debug) {
                assert_int_equal(damage.address,
                                 (uint64_t)(uintptr_t)b.header.base + (unit << b.mixed->shift));
                assert_int_equal(damage.offset, byte);
            }
        }
        if (!debug && !v3)
            expect_written(&b, unit, 15); /* the length */
        if (debug)
            for (uint64_t byte = v3 ? 8 : 16; byte < 12u << b.mixed->shift; byte += 3)
                expect_written(&b, unit, byte);
        built_end(&b);
    }
}

/* In a stretch of what were three blocks the record says which of them a write hit. */
static void which_block(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 0, 4096, false, true);
    built_put(&b, 5);
    uint32_t first = built_put(&b, 4), second = built_put(&b, 7), third = built_put(&b, 300);
    built_put(&b, 5);
    built_take_back(&b, first);
    built_take_back(&b, second);
    built_take_back(&b, third);
    built_join(&b, second);
    built_join(&b, first);
    uint32_t units[] = {first, second, third};
    for (int i = 0; i < 3; i++) {
        uint64_t base = (uint64_t)(uintptr_t)b.header.base;
        uint8_t *at = built_unit(&b, units[i]) + SP_REDZONE + 3;
        *at = 'X';
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
        assert_int_equal(sp_check_block(&decoder, &b.checking, first, &damage), SP_DECODE_DAMAGED);
        assert_int_equal(damage.address, base + (units[i] << 4) + SP_REDZONE);
        assert_int_equal(damage.offset, 3);
        assert_int_equal(damage.block.sequence, 1000 + units[i]);
        assert_int_equal(damage.block.free_stack, 77);
        assert_int_equal(damage.size, (i == 0 ? 64 : i == 1 ? 112 : 4800) - 32);
        assert_int_equal(damage.bytes[damage.offset - damage.first], 'X');
        *at = SP_FILL_FREED;
    }
    built_end(&b);
}

static void redzones(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 5, 4096, false, true);
    built_put(&b, 5);
    uint32_t unit = built_put(&b, 8);
    built_put(&b, 5);
    uint8_t *bytes = built_unit(&b, unit);
    bytes[SP_REDZONE - 1] = 1;
    built_decode(&b, &decoder);
    assert_int_equal(sp_check_block(&decoder, &b.checking, unit, &damage), SP_DECODE_DAMAGED);
    assert_int_equal(damage.kind, SP_DAMAGE_UNDERFLOW);
    assert_int_equal(damage.offset, -1);
    bytes[SP_REDZONE - 1] = SP_FILL_FRONT;
    bytes[8 * 16 - SP_REDZONE] = 1;
    assert_int_equal(sp_check_block(&decoder, &b.checking, unit, &damage), SP_DECODE_DAMAGED);
    assert_int_equal(damage.kind, SP_DAMAGE_OVERFLOW);
    assert_int_equal(damage.offset, 8 * 16 - 2 * SP_REDZONE);
    assert_int_equal(damage.block.sequence, 1000 + unit);
    bytes[8 * 16 - SP_REDZONE] = SP_FILL_BACK;
    built_record(&b, unit)->family ^= 0x10; /* of a block that started elsewhere */
    built_decode(&b, &decoder);
    assert_int_equal(sp_check_block(&decoder, &b.checking, unit, &damage), SP_DECODE_DAMAGED);
    assert_int_equal(damage.kind, SP_DAMAGE_METADATA);
    built_record(&b, unit)->family ^= 0x10;
    built_record(&b, unit)->state = SP_RECORD_BUSY;
    built_decode(&b, &decoder);
    bytes[0] = 9;
    assert_int_equal(sp_check_block(&decoder, &b.checking, unit, &damage), SP_DECODE_OK);
    built_end(&b);
}

static void other_process(void **state)
{
    (void)state;
    Built b;
    SpBlock block;
    built_mixed(&b, 0, 4096, false, true);
    uint32_t unit = built_put(&b, 5);
    SpRecord *record = built_record(&b, unit);
    record->sequence = SP_SEQUENCE_OF(123456, 0xabcdef);
    record->family |= SP_FAMILY_SHARED;
    built_decode(&b, &decoder);
    assert_true(sp_decode_block(&decoder, unit, &block));
    assert_int_equal(block.sequence, 123456);
    assert_int_equal(block.process, 0xabcdef);
    assert_int_equal(block.pass, 0);
    record->family &= (uint8_t)~SP_FAMILY_SHARED;
    built_decode(&b, &decoder);
    assert_true(sp_decode_block(&decoder, unit, &block));
    assert_int_equal(block.sequence, 123456);
    assert_int_equal(block.process, 0);
    assert_int_equal(block.pass, 0xabcdef);
    built_end(&b);
}

static void unreadable(void **state)
{
    (void)state;
    Built b;
    built_mixed(&b, 0, LARGE_AREA, false, false);
    fill(&b, 9000, 10, true);
    uint64_t all = b.mixed_bytes;
    b.mixed_bytes = b.mixed->live_at + 16;
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_UNREADABLE);
    assert_int_equal(decoder.blocks, 0);
    assert_false(sp_decode_more(&decoder));
    b.mixed_bytes = all;
    b.length = 64;
    built_decode(&b, &decoder);
    assert_int_equal(decoder.blocks > 100, 1);
    assert_int_equal(sp_check_block(&decoder, &b.checking, 10, &damage), SP_DECODE_UNREADABLE);
    built_end(&b);
    built_mixed(&b, 6, 4096, false, false);
    b.header.mixed = NULL; /* being made */
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_int_equal(decoder.blocks, 0);
    built_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(blocks_and_stretches),
        cmocka_unit_test(windows),
        cmocka_unit_test(straddling),
        cmocka_unit_test(current),
        cmocka_unit_test(structure_damaged),
        cmocka_unit_test(written_after_free),
        cmocka_unit_test(which_block),
        cmocka_unit_test(redzones),
        cmocka_unit_test(other_process),
        cmocka_unit_test(unreadable),
    };
    return cmocka_run_group_tests_name("walker, mixed slabs", tests, NULL, NULL);
}
