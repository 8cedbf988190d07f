/* walker_test.c - the walker on slabs built by hand: what it says about sound
 * ones, and that each kind of damage is told where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "built.h"

static SpDecoder decoder;

/* Expects exactly these blocks, by index, not to be in use. */
static void expect_free(Built *b, const uint32_t *freed, uint32_t count)
{
    SpBlock block;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < decoder.blocks; i++) {
        bool expected = false;
        for (uint32_t f = 0; f < count; f++)
            expected |= freed[f] == i;
        assert_true(sp_decode_block(&decoder, i, &block));
        assert_int_equal(block.address, built_address(b, i));
        assert_int_equal(block.in_use, !expected);
        seen += expected;
    }
    assert_int_equal(seen, count);
    assert_int_equal(decoder.live, decoder.blocks - count);
}

static void fast_lists(void **state)
{
    (void)state;
    static const struct {
        uint32_t slabs, size, carved;
    } shapes[] = {{1, 8, 8192}, {1, 48, 1000}, {1, 8192, 8}, {4, 10240, 25}, {8, 65536, 8}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        Built b;
        uint32_t last = shapes[i].carved - 1;
        built_slab(&b, 3, shapes[i].slabs, shapes[i].size, shapes[i].carved, false);
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
        assert_int_equal(b.reads, 0); /* nothing to look up */
        expect_free(&b, NULL, 0);
        built_free(&b, 5);
        built_free(&b, last);
        built_free_remote(&b, 0);
        built_free_remote(&b, 2);
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
        expect_free(&b, (uint32_t[]){5, last, 0, 2}, 4);
        if (shapes[i].size < 4096)
            assert_int_equal(b.reads, 1);
        built_end(&b);
    }
}

static void fast_all_free(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 63, 1, 16, 4096, false);
    for (uint32_t i = 0; i < 4096; i++)
        built_free(&b, i * 7 % 4096);
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_int_equal(decoder.live, 0);
    built_end(&b);
}

static void header_counts(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 1, 1, 64, 100, false);
    built_free(&b, 9);
    built_free_remote(&b, 10);
    assert_int_equal(sp_decode_header(&decoder, &b.header, b.at), SP_DECODE_OK);
    assert_int_equal(decoder.live, 98);
    b.header.state = SP_STATE_CURRENT;
    b.header.used++;
    assert_int_equal(sp_decode_header(&decoder, &b.header, b.at), SP_DECODE_OK);
    assert_int_equal(decoder.live, 98);
    built_end(&b);
}

static void fast_blocks(void **state)
{
    (void)state;
    Built b;
    SpBlock block;
    built_slab(&b, 2, 1, 112, 20, false);
    b.header.flags = SP_SLAB_FIXED;
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_true(sp_decode_block(&decoder, 19, &block));
    assert_int_equal(block.user, block.address);
    assert_int_equal(block.size, 112);
    assert_int_equal(block.requested, 112);
    assert_int_equal(block.type, SP_BLOCK_FIXED);
    assert_int_equal(block.sequence, 0);
    assert_false(sp_decode_block(&decoder, 20, &block));
    built_end(&b);
}

static void debug_blocks(void **state)
{
    (void)state;
    Built b;
    SpBlock block;
    built_slab(&b, 2, 1, 128, 500, true);
    built_alloc(&b, 4, 37, 64);
    built_release(&b, 5, SP_RECORD_QUARANTINED);
    built_release(&b, 6, SP_RECORD_FREE);
    b.records[7].state = SP_RECORD_NEVER;
    b.records[8].state = SP_RECORD_BUSY;
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    expect_free(&b, (uint32_t[]){5, 6, 7, 8}, 4);
    assert_true(sp_decode_block(&decoder, 4, &block));
    assert_int_equal(block.user, built_address(&b, 4) + 64);
    assert_int_equal(block.size, 37);
    assert_int_equal(block.requested, 37);
    assert_int_equal(block.span, 128);
    assert_int_equal(block.sequence, 1004);
    assert_int_equal(block.thread, 4711);
    assert_int_equal(block.alloc_stack, 11);
    assert_int_equal(block.type, SP_BLOCK_VARIABLE);
    assert_true(sp_decode_block(&decoder, 6, &block));
    assert_int_equal(block.free_stack, 77);
    assert_int_equal(block.free_thread, 4712);
    assert_int_equal(block.user, built_address(&b, 6) + SP_REDZONE);
    built_end(&b);
}

static void large(void **state)
{
    (void)state;
    for (int debug = 0; debug < 2; debug++) {
        Built b;
        SpBlock block;
        built_large(&b, 7, 300000, debug);
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
        assert_int_equal(decoder.blocks, 1);
        assert_int_equal(decoder.live, 1);
        assert_true(sp_decode_block(&decoder, 0, &block));
        assert_int_equal(block.type, SP_BLOCK_EXTERNAL);
        assert_int_equal(block.span, 5 * SP_SLAB_SIZE);
        assert_int_equal(block.size, debug ? 300000 - 2 * SP_REDZONE : 5 * SP_SLAB_SIZE);
        assert_true(block.in_use);
        built_end(&b);
    }
}

/* A block of 5 GiB in a segment of its own: sizes do not fit 32 bits. */
static void huge(void **state)
{
    (void)state;
    Built b;
    SpBlock block;
    uint64_t bytes = UINT64_C(5) << 30, requested = bytes - 48;
    built_large(&b, 1, 4096, true);
    b.header.slabs = (uint32_t)(bytes >> SP_SLAB_SHIFT);
    b.header.bytes = bytes;
    b.records[0].requested = (uint32_t)requested;
    b.header.reciprocal = (uint32_t)(requested >> 32);
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_true(sp_decode_block(&decoder, 0, &block));
    assert_int_equal(block.size, requested);
    /* The same away from the segment's start does not fit it. */
    b.at += sizeof(SpSlab);
    b.header.base += SP_SLAB_SIZE;
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_DAMAGED);
    built_end(&b);
}

static void index_of(void **state)
{
    (void)state;
    Built b;
    uint64_t interior;
    built_slab(&b, 9, 1, 48, 100, false);
    uint64_t base = built_address(&b, 0);
    assert_int_equal(sp_block_index(&b.header, base, &interior), 0);
    assert_int_equal(interior, 0);
    assert_int_equal(sp_block_index(&b.header, base + 48 * 99 + 47, &interior), 99);
    assert_int_equal(interior, 47);
    assert_int_equal(sp_block_index(&b.header, base + 48 * 100, &interior), SP_NO_BLOCK);
    assert_int_equal(sp_block_index(&b.header, base - 1, &interior), SP_NO_BLOCK);
    assert_int_equal(sp_block_index(&b.header, 0, &interior), SP_NO_BLOCK);
    assert_int_equal(sp_block_index(&b.header, UINT64_MAX, &interior), SP_NO_BLOCK);
    b.header.block_size = 0;
    assert_int_equal(sp_block_index(&b.header, base, &interior), SP_NO_BLOCK);
    built_end(&b);
    built_large(&b, 1, 100000, false);
    base = built_address(&b, 0);
    assert_int_equal(sp_block_index(&b.header, base + 99999, &interior), 0);
    assert_int_equal(interior, 99999);
    assert_int_equal(sp_block_index(&b.header, base + 2 * SP_SLAB_SIZE, &interior), SP_NO_BLOCK);
    built_end(&b);
}

/* ---- damage ------------------------------------------------------------ */

static void expect_header_damage(Built *b, size_t offset)
{
    assert_int_equal(built_decode(b, &decoder), SP_DECODE_DAMAGED);
    assert_int_equal(decoder.damage.kind, SP_DAMAGE_METADATA);
    assert_int_equal(decoder.damage.index, SP_NO_BLOCK);
    assert_int_equal(decoder.damage.address, b->at);
    assert_int_equal(decoder.damage.offset, offset);
    assert_non_null(decoder.damage.reason);
    built_end(b);
}

#define HEADER_DAMAGE(field, value)                        \
    do {                                                   \
        Built b;                                           \
        built_slab(&b, 5, 1, 64, 100, false);              \
        b.header.field = (value);                          \
        expect_header_damage(&b, offsetof(SpSlab, field)); \
    } while (0)

static void header_fields(void **state)
{
    (void)state;
    HEADER_DAMAGE(kind, SP_SLAB_PART);
    HEADER_DAMAGE(kind, 200);
    HEADER_DAMAGE(slabs, 0);
    HEADER_DAMAGE(slabs, 2);
    HEADER_DAMAGE(base, b.header.base + 8);
    HEADER_DAMAGE(base, NULL);
    HEADER_DAMAGE(block_size, 0);
    HEADER_DAMAGE(block_size, 2);
    HEADER_DAMAGE(block_size, 65537);
    HEADER_DAMAGE(capacity, 1023);
    HEADER_DAMAGE(carved, 1025);
    HEADER_DAMAGE(used, 102);
    HEADER_DAMAGE(state, 4);
    HEADER_DAMAGE(heap, NULL);
    HEADER_DAMAGE(key, 0xffff);
    HEADER_DAMAGE(reciprocal, 1);
    HEADER_DAMAGE(free, 63);         /* not a block's start */
    HEADER_DAMAGE(free, 65532);      /* not a block's start either */
    HEADER_DAMAGE(remote, 64 * 100); /* a head without a count */
    HEADER_DAMAGE(remote, SP_REMOTE_EMPTY | UINT64_C(1) << SP_REMOTE_COUNT_SHIFT);
    Built b;
    built_slab(&b, 5, 1, 64, 100, false);
    built_free_remote(&b, 7);
    b.header.remote += UINT64_C(4) << SP_REMOTE_COUNT_SHIFT; /* says five, one is linked */
    expect_header_damage(&b, offsetof(SpSlab, remote));
}

static void header_place(void **state)
{
    (void)state;
    Built b;
    SpDecoder *d = &decoder;
    built_slab(&b, 5, 1, 64, 100, false);
    const uint64_t places[] = {0, b.at + 8, BUILT_SEGMENT, BUILT_SEGMENT + 4096, UINT64_MAX - 127};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        assert_int_equal(sp_decode_slab(d, &b.memory, &b.header, places[i], false),
                         SP_DECODE_DAMAGED);
    built_end(&b);
}

static void records_place(void **state)
{
    (void)state;
    const uint64_t places[] = {BUILT_RECORDS + 4, UINT64_MAX - 8, UINT64_C(1) << 47};
    Built b;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        built_slab(&b, 5, 1, 64, 100, true);
        b.header.records = (SpRecord *)(uintptr_t)places[i];
        expect_header_damage(&b, offsetof(SpSlab, records));
    }
    built_slab(&b, 5, 1, 64, 100, true);
    b.header.records = NULL; /* what a slab that is being given up has */
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_int_equal(decoder.blocks, 0);
    built_end(&b);
}

static void unreadable(void **state)
{
    (void)state;
    for (int debug = 0; debug < 2; debug++) {
        Built b;
        SpDamage damage;
        built_slab(&b, 5, 1, 64, 100, debug);
        if (!debug)
            built_free(&b, 3);
        b.unreadable = true;
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_UNREADABLE);
        b.unreadable = false;
        if (debug) {
            assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
            b.unreadable = true;
            assert_int_equal(sp_check_block(&decoder, &b.checking, 3, &damage),
                             SP_DECODE_UNREADABLE);
        }
        built_end(&b);
    }
}

static void expect_link_damage(Built *b, SpDamageKind kind, uint32_t index)
{
    SpDamage damage;
    assert_int_equal(built_decode(b, &decoder), SP_DECODE_DAMAGED);
    for (uint32_t i = 0; i < decoder.blocks; i++) {
        SpDecodeResult expected = i == index ? SP_DECODE_DAMAGED : SP_DECODE_OK;
        assert_int_equal(sp_check_block(&decoder, &b->checking, i, &damage), expected);
        if (i != index)
            continue;
        assert_int_equal(damage.kind, kind);
        assert_int_equal(damage.address, built_address(b, index));
        assert_int_equal(damage.length, 32);
        assert_memory_equal(damage.bytes, built_block(b, index), 32);
    }
    built_end(b);
}

static void links_overwritten(void **state)
{
    (void)state;
    for (uint32_t slabs = 1; slabs <= 4; slabs += 3) {
        for (int how = 0; how < 5; how++) {
            Built b;
            uint32_t size = slabs == 1 ? 64 : 16384, bad = 0;
            built_slab(&b, 5, slabs, size, 12, false);
            built_free(&b, 3);
            built_free(&b, 9);
            built_free(&b, 6);
            switch (how) {
            case 0: /* text */
                memcpy(built_block(&b, 9), "overwritten", 11);
                break;
            case 1: /* decodes, but to no block's start */
                bad = (uint32_t)(BUILT_KEY ^ 3);
                memcpy(built_block(&b, 9), &bad, 4);
                break;
            case 2: /* decodes, to a block that does not fit the slab */
                bad =
                    BUILT_KEY ^ (uint32_t)(((uint64_t)b.header.capacity * size) >> b.header.shift);
                memcpy(built_block(&b, 9), &bad, 4);
                break;
            case 3:
                memset(built_block(&b, 9), 0, 4);
                break;
            default:
                memset(built_block(&b, 9), 0xff, 4);
            }
            expect_link_damage(&b, SP_DAMAGE_WRITE_AFTER_FREE, 9);
        }
    }
}

/* A program that stops while blocks are being carved: linked, not counted yet. */
static void carving(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 5, 1, 64, 40, false);
    for (uint32_t i = 47; i >= 40; i--)
        built_free(&b, i);
    b.header.used = 40;
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
    assert_int_equal(decoder.blocks, 40);
    expect_free(&b, NULL, 0);
    built_end(&b);
}

/* More blocks than any slab can have, and a capacity that agrees. */
static void too_many(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 1, 4, 16384, 16, false);
    b.header.block_size = 4;
    b.header.shift = 2;
    b.header.capacity = b.header.carved = 65536;
    expect_header_damage(&b, offsetof(SpSlab, capacity));
}

static void freed_twice(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 5, 1, 64, 12, false);
    built_free(&b, 3);
    built_free(&b, 9);
    built_free(&b, 3); /* 3 -> 9 -> 3: a cycle */
    expect_link_damage(&b, SP_DAMAGE_DOUBLE_FREE, 3);
    built_slab(&b, 5, 1, 64, 12, false);
    built_free(&b, 4);
    built_free_remote(&b, 4);
    expect_link_damage(&b, SP_DAMAGE_DOUBLE_FREE, 4);
}

/* What a damaged list still tells. */
static void rest_is_shown(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 5, 1, 64, 100, false);
    built_free(&b, 3);
    built_free(&b, 9);
    built_free(&b, 6);
    built_free_remote(&b, 50);
    memset(built_block(&b, 9), 0x41, 8);
    assert_int_equal(built_decode(&b, &decoder), SP_DECODE_DAMAGED);
    expect_free(&b, (uint32_t[]){6, 9, 50}, 3); /* 3 cannot be reached any more */
    built_end(&b);
}

/* ---- patterns of the debug build ---------------------------------------- */

static void expect_block(Built *b, uint32_t index, SpDamageKind kind, int64_t offset)
{
    SpDamage damage;
    assert_int_not_equal(built_decode(b, &decoder), SP_DECODE_UNREADABLE);
    for (uint32_t i = 0; i < decoder.blocks; i++) {
        SpDecodeResult expected = i == index && kind ? SP_DECODE_DAMAGED : SP_DECODE_OK;
        assert_int_equal(sp_check_block(&decoder, &b->checking, i, &damage), expected);
        if (expected == SP_DECODE_OK)
            continue;
        assert_int_equal(damage.kind, kind);
        assert_int_equal(damage.index, index);
        assert_int_equal(damage.offset, offset);
        uint64_t front = (uint64_t)b->records[index].front << 4;
        assert_int_equal(damage.address, built_address(b, index) + front);
        assert_true(damage.first <= offset && offset < damage.first + damage.length);
        assert_memory_equal(damage.bytes, built_block(b, index) + (int64_t)front + damage.first,
                            damage.length);
    }
}

static void redzones(void **state)
{
    (void)state;
    for (uint32_t slabs = 1; slabs <= 4; slabs += 3) {
        uint32_t size = slabs == 1 ? 160 : 20480;
        for (uint64_t requested = 1; requested <= size - 48; requested += slabs == 1 ? 1 : 997) {
            Built b;
            built_slab(&b, 5, slabs, size, 12, true);
            built_alloc(&b, 4, requested, 32);
            uint8_t *user = built_block(&b, 4) + 32;
            expect_block(&b, 4, SP_DAMAGE_NONE, 0);
            user[requested] ^= 1;
            expect_block(&b, 4, SP_DAMAGE_OVERFLOW, (int64_t)requested);
            user[requested] ^= 1;
            user[requested + 15] = 0;
            expect_block(&b, 4, SP_DAMAGE_OVERFLOW, (int64_t)requested + 15);
            user[requested + 15] = SP_FILL_BACK;
            user[-1] = 0;
            expect_block(&b, 4, SP_DAMAGE_UNDERFLOW, -1);
            user[-1] = SP_FILL_FRONT;
            user[-32] = 9;
            expect_block(&b, 4, SP_DAMAGE_UNDERFLOW, -32);
            built_end(&b);
        }
    }
}

static void written_after_free(void **state)
{
    (void)state;
    const uint8_t states[] = {SP_RECORD_QUARANTINED, SP_RECORD_FREE};
    for (int s = 0; s < 2; s++) {
        for (uint32_t at = 0; at < 100; at++) {
            Built b;
            built_slab(&b, 5, 1, 160, 12, true);
            built_alloc(&b, 4, 100, 16);
            built_release(&b, 4, states[s]);
            expect_block(&b, 4, SP_DAMAGE_NONE, 0);
            built_block(&b, 4)[16 + at] ^= 0x80;
            expect_block(&b, 4, SP_DAMAGE_WRITE_AFTER_FREE, at);
            built_end(&b);
        }
    }
}

static void links_of_debug_blocks(void **state)
{
    (void)state;
    Built b;
    built_slab(&b, 5, 1, 160, 12, true);
    built_release(&b, 3, SP_RECORD_FREE);
    built_release(&b, 4, SP_RECORD_FREE);
    expect_block(&b, 4, SP_DAMAGE_NONE, 0);
    memcpy(built_block(&b, 4), "oops", 4);
    expect_block(&b, 4, SP_DAMAGE_WRITE_AFTER_FREE, -16);
    built_end(&b);
    built_slab(&b, 5, 1, 160, 12, true);
    b.records[11].state = SP_RECORD_NEVER;
    b.records[11].front = 0;
    memcpy(built_block(&b, 11), "oops", 4);
    expect_block(&b, 11, SP_DAMAGE_WRITE_AFTER_FREE, 0);
    built_end(&b);
}

static void large_patterns(void **state)
{
    (void)state;
    Built b;
    built_large(&b, 7, 300000, true);
    uint8_t *user = b.bytes + SP_REDZONE;
    uint64_t size = 300000 - 2 * SP_REDZONE;
    expect_block(&b, 0, SP_DAMAGE_NONE, 0);
    user[size + SP_BACK_MAX] = 1; /* not filled: nothing to tell */
    expect_block(&b, 0, SP_DAMAGE_NONE, 0);
    user[size + SP_BACK_MAX - 1] = 1;
    expect_block(&b, 0, SP_DAMAGE_OVERFLOW, (int64_t)size + SP_BACK_MAX - 1);
    built_release(&b, 0, SP_RECORD_QUARANTINED);
    user[SP_FILL_MAX - 1] = 1;
    expect_block(&b, 0, SP_DAMAGE_WRITE_AFTER_FREE, SP_FILL_MAX - 1);
    built_end(&b);
}

static void records_damaged(void **state)
{
    (void)state;
    SpDamage damage;
    for (int how = 0; how < 4; how++) {
        Built b;
        built_slab(&b, 5, 1, 160, 12, true);
        SpRecord *r = &b.records[2];
        if (how == 0)
            r->state = 99;
        else if (how == 1)
            r->front = 0;
        else if (how == 2)
            r->front = 0xffff;
        else
            r->requested = 160 - 31;
        assert_int_equal(built_decode(&b, &decoder), SP_DECODE_OK);
        assert_int_equal(sp_check_block(&decoder, &b.checking, 2, &damage), SP_DECODE_DAMAGED);
        assert_int_equal(damage.kind, SP_DAMAGE_METADATA);
        built_end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_lists),
        cmocka_unit_test(fast_all_free),
        cmocka_unit_test(header_counts),
        cmocka_unit_test(fast_blocks),
        cmocka_unit_test(debug_blocks),
        cmocka_unit_test(large),
        cmocka_unit_test(huge),
        cmocka_unit_test(index_of),
        cmocka_unit_test(header_fields),
        cmocka_unit_test(header_place),
        cmocka_unit_test(records_place),
        cmocka_unit_test(unreadable),
        cmocka_unit_test(links_overwritten),
        cmocka_unit_test(carving),
        cmocka_unit_test(too_many),
        cmocka_unit_test(freed_twice),
        cmocka_unit_test(rest_is_shown),
        cmocka_unit_test(redzones),
        cmocka_unit_test(written_after_free),
        cmocka_unit_test(links_of_debug_blocks),
        cmocka_unit_test(large_patterns),
        cmocka_unit_test(records_damaged),
    };
    return cmocka_run_group_tests_name("walker", tests, NULL, NULL);
}
