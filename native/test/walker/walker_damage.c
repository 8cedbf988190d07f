/*
 * walker_damage.c - every byte that the walker reads, damaged in turn and at
 * random: header, links, records, redzones. Whatever the damage, the walk ends,
 * stays within what it was given (build this with sanitizers), and what it says
 * hangs together. Flips of bytes that are checked must also be noticed.
 *
 *   walker_damage [rounds [seed]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "built.h"

static SpDecoder decoder;
static uint64_t walks, noticed;
static uint64_t state;

static uint32_t below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % n;
}

static void require(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "walker_damage: %s (walk %llu)\n", what, (unsigned long long)walks);
    exit(1);
}

/* Of a mixed slab: all of its windows, that must end, go up and not overlap. */
static bool walk_mixed(Built *b)
{
    SpBlock block;
    SpDamage damage;
    bool told = false;
    walks++;
    SpDecodeResult result = built_decode(b, &decoder);
    uint64_t past = 0, interior;
    for (uint32_t windows = 0;; windows++) {
        uint32_t live = 0, blocks = 0;
        told |= result != SP_DECODE_OK;
        require(windows <= SP_MIXED_NO_UNIT / SP_WINDOW_UNITS, "windows without end");
        for (uint32_t i = sp_decode_first(&decoder); i != SP_NO_BLOCK;
             i = sp_decode_after(&decoder, i)) {
            require(sp_decode_block(&decoder, i, &block), "a block that exists is not told");
            require(block.address >= past && block.span, "blocks overlap");
            require(block.user >= block.address &&
                        block.size <= block.span - (block.user - block.address),
                    "the program's part is not inside the block");
            past = block.address + block.span;
            blocks++;
            live += block.in_use;
            SpDecodeResult checked = sp_check_block(&decoder, &b->checking, i, &damage);
            told |= checked != SP_DECODE_OK;
            require(checked != SP_DECODE_DAMAGED ||
                        (damage.kind && damage.reason && damage.length <= SP_DAMAGE_BYTES),
                    "a damaged block without a kind");
        }
        require(blocks == decoder.blocks && live == decoder.live, "counts");
        if (!sp_decode_more(&decoder))
            break;
        result = sp_decode_window(&decoder, &b->memory);
    }
    uint64_t base = (uint64_t)(uintptr_t)b->header.base, address = base + below(1u << 20);
    uint32_t index = sp_decode_find(&decoder, &b->memory, address, &interior);
    if (index != SP_NO_BLOCK)
        require(!sp_decode_block(&decoder, index, &block) ||
                    (address >= block.address && address - block.address == interior),
                "an address is found in another block");
    noticed += told;
    return told;
}

/* Decode, look at all blocks, check all blocks; true where damage was told. */
static bool walk(Built *b)
{
    if (b->mixed)
        return walk_mixed(b);
    SpBlock block;
    SpDamage damage;
    walks++;
    SpDecodeResult result = built_decode(b, &decoder);
    bool told = result != SP_DECODE_OK;
    require(result != SP_DECODE_DAMAGED || (decoder.damage.kind && decoder.damage.reason),
            "damage without a kind or a reason");
    require(decoder.blocks <= SP_DECODER_BLOCKS && decoder.live <= decoder.blocks, "counts");
    uint32_t live = 0;
    uint64_t run = b->at & ~(SP_SEGMENT_SIZE - 1);
    for (uint32_t i = 0; i < decoder.blocks; i++) {
        require(sp_decode_block(&decoder, i, &block), "a block that exists is not told");
        live += block.in_use;
        require(block.address >= run, "a block before its segment");
        require(decoder.slab.kind == SP_SLAB_LARGE ||
                    block.address + block.span <= run + SP_SEGMENT_SIZE,
                "a block behind its segment");
        require(block.user >= block.address && block.user - block.address <= block.span &&
                    block.size <= block.span - (block.user - block.address),
                "the program's part is not inside the block");
        SpDecodeResult checked = sp_check_block(&decoder, &b->checking, i, &damage);
        told |= checked != SP_DECODE_OK;
        require(checked != SP_DECODE_DAMAGED || (damage.kind && damage.length <= SP_DAMAGE_BYTES),
                "a damaged block without a kind");
        require(checked != SP_DECODE_DAMAGED || !damage.length ||
                    damage.kind == SP_DAMAGE_METADATA ||
                    (damage.first <= damage.offset &&
                     damage.offset < damage.first + (int64_t)damage.length),
                "the bytes shown are not those of the damage");
    }
    require(result == SP_DECODE_UNREADABLE || live == decoder.live, "live blocks");
    uint64_t interior;
    uint32_t index = sp_block_index(&b->header, run + below(SP_SEGMENT_SIZE), &interior);
    require(index == SP_NO_BLOCK || index < b->header.carved || b->header.kind == SP_SLAB_LARGE,
            "an address names a block that is not there");
    noticed += told;
    return told;
}

/* Blocks of any size and free stretches, in a slab or in an area of several windows. */
static void make_mixed(Built *b, bool v3, bool debug)
{
    uint32_t units = below(2) ? 4096 : 40000, unit = 0, last = SP_NO_BLOCK;
    built_mixed(b, units == 4096 ? 1 + below(50) : 0, units, v3, debug);
    for (uint32_t length; unit + 400 < units; unit += length) {
        length = (v3 ? 8 : 4) + below(units / 100);
        require(built_put(b, length) == unit, "built");
        if (last != SP_NO_BLOCK && below(3) == 0)
            built_take_back(b, last);
        last = unit;
    }
}

/* A slab with some of everything in it. */
static void make(Built *b, unsigned shape)
{
    static const struct {
        uint32_t slabs, size, carved;
    } shapes[] = {{1, 64, 40}, {1, 8, 300}, {1, 1000, 65}, {4, 16384, 16}};
    bool debug = shape & 1;
    shape /= 2;
    if (shape > 4) {
        make_mixed(b, shape == 5, debug);
        return;
    }
    if (shape == 4) {
        built_large(b, 1 + below(10), 70000 + below(100000), debug);
        if (debug && below(2))
            built_release(b, 0, SP_RECORD_QUARANTINED);
        return;
    }
    uint32_t size = shapes[shape].size, carved = shapes[shape].carved;
    if (debug && size < 64)
        size = 96;
    built_slab(b, 1 + below(50), shapes[shape].slabs, size, carved, debug);
    for (uint32_t i = 0; i < carved; i += 1 + below(3)) {
        if (!debug)
            (below(2) ? built_free : built_free_remote)(b, i);
        else
            built_release(b, i, below(2) ? SP_RECORD_FREE : SP_RECORD_QUARANTINED);
    }
}

static const unsigned SHAPES = 14;

/* Each byte of a range, each with all bits flipped, one bit flipped, and zeroed. */
static void each_byte(Built *b, void *range, uint64_t length)
{
    uint8_t *bytes = range;
    for (uint64_t i = 0; i < length; i++) {
        uint8_t old = bytes[i];
        const uint8_t values[] = {(uint8_t)~old, (uint8_t)(old ^ 1u << below(8)), 0, 0xff};
        for (size_t v = 0; v < sizeof values; v++) {
            bytes[i] = values[v];
            walk(b);
        }
        bytes[i] = old;
    }
    require(!walk(b), "damage is told where it was undone");
}

/* A flip of a header's field that everything hangs on is never overlooked. */
static void vital_fields(Built *b)
{
    static const struct {
        size_t at, length;
    } vital[] = {{offsetof(SpSlab, base), 8},
                 {offsetof(SpSlab, block_size), 4},
                 {offsetof(SpSlab, capacity), 4},
                 {offsetof(SpSlab, kind), 1},
                 {offsetof(SpSlab, slabs), 4}};
    for (size_t f = 0; f < sizeof vital / sizeof vital[0]; f++) {
        for (size_t bit = 0; bit < vital[f].length * 8; bit++) {
            uint8_t *byte = (uint8_t *)&b->header + vital[f].at + bit / 8;
            *byte ^= (uint8_t)(1u << bit % 8);
            require(walk(b), "a damaged header passes");
            *byte ^= (uint8_t)(1u << bit % 8);
        }
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    printf("walker_damage: %u rounds, seed %llu\n", rounds, (unsigned long long)state);
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        Built b;
        make(&b, shape);
        require(!walk(&b), "damage is told where there is none");
        each_byte(&b, &b.header, sizeof b.header);
        if (b.mixed) {
            each_byte(&b, b.mixed, offsetof(SpMixed, level_map));
            each_byte(&b, (char *)b.mixed + b.mixed->starts_at, 16);
            each_byte(&b, (char *)b.mixed + b.mixed->live_at, 16);
        }
        for (uint32_t i = 0; !b.mixed && b.header.kind != SP_SLAB_LARGE && i < b.header.carved;
             i += 7)
            each_byte(&b, built_block(&b, i), 4);
        if (b.debug)
            each_byte(&b, b.records, sizeof(SpRecord));
        if (b.header.kind != SP_SLAB_LARGE && !b.mixed)
            vital_fields(&b);
        built_end(&b);
    }
    for (unsigned round = 0; round < rounds; round++) {
        Built b;
        make(&b, below(SHAPES));
        for (uint32_t hits = 1 + below(8); hits; hits--) {
            uint8_t value = (uint8_t)below(256);
            switch (below(b.mixed ? 4 : b.debug ? 3 : 2)) {
            case 3:
                ((uint8_t *)b.mixed)[below(below(2) ? 56 : (uint32_t)b.mixed_bytes)] = value;
                break;
            case 0:
                ((uint8_t *)&b.header)[below(sizeof b.header)] = value;
                break;
            case 1:
                b.bytes[below(below(2) ? 512 : (uint32_t)b.length)] = value;
                break;
            default:
                if (b.debug)
                    ((uint8_t *)b.records)[below((uint32_t)b.record_bytes)] = value;
            }
        }
        walk(&b);
        built_end(&b);
    }
    printf("walker_damage: %llu walks ended, %llu told of damage\n", (unsigned long long)walks,
           (unsigned long long)noticed);
    return 0;
}
