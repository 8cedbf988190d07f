/* built.h - slabs built by hand, for the walker's tests: a segment at an
 * address of its own choosing, whose memory the walker reads by callback. */
#ifndef SPACES_TEST_BUILT_H
#define SPACES_TEST_BUILT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/walker.h"

#define BUILT_SEGMENT UINT64_C(0x7f0000400000)
#define BUILT_RECORDS UINT64_C(0x7e0000000000)
#define BUILT_MIXED   UINT64_C(0x7e8000000000)
#define BUILT_AREA    UINT64_C(0x7d0000000000)
#define BUILT_HEAP    UINT64_C(0x7e0000800000)
#define BUILT_KEY     UINT32_C(0x9d1c4b27)

/* A slab with its blocks and records. Pointers in `header` are addresses of
 * the imagined process. */
typedef struct Built {
    SpMemory memory;   /* first: the callback gets here from it */
    SpMemory checking; /* for sp_check_block: keeps what `memory` has read good */
    SpSlab header;
    uint64_t at; /* address of the header */
    bool debug;
    uint8_t *bytes; /* of the slab's run */
    uint64_t length;
    SpRecord *records;
    uint64_t record_bytes;
    SpMixed *mixed; /* SP_SLAB_MIXED: with its bitmaps behind it */
    uint64_t mixed_bytes;
    uint64_t reads;
    bool unreadable;
} Built;

/* A small slab or span at place `index` of the segment, `carved` blocks of
 * `block_size`, all of them in use. */
void built_slab(Built *b, uint32_t index, uint32_t slabs, uint32_t block_size, uint32_t carved,
                bool debug);
/* A large block of `bytes`. */
void built_large(Built *b, uint32_t index, uint64_t bytes, bool debug);
/* A mixed slab at place `index` of the segment, or, with index 0, an area; nothing in it. */
void built_mixed(Built *b, uint32_t index, uint32_t units, bool v3, bool debug);
void built_end(Built *b);

/* Mixed slab: put a block of so many units on top; its unit. Debug build: with all bytes but the
 * redzones asked for. */
uint32_t built_put(Built *b, uint32_t units);
/* Free the block at a unit; nothing is joined. Debug build: fills, and the record goes to FREE. */
void built_take_back(Built *b, uint32_t unit);
/* Let a free stretch take in the free one that follows it. */
void built_join(Built *b, uint32_t unit);
uint8_t *built_unit(const Built *b, uint32_t unit);
SpRecord *built_record(const Built *b, uint32_t unit);

uint64_t built_address(const Built *b, uint32_t block);
/* Its bytes. */
uint8_t *built_block(const Built *b, uint32_t block);
/* Fast build: free as the owner does, or as another thread does. */
void built_free(Built *b, uint32_t block);
void built_free_remote(Built *b, uint32_t block);
/* Debug build: hand out, or take to a later state (SP_RECORD_QUARANTINED, SP_RECORD_FREE). */
void built_alloc(Built *b, uint32_t block, uint64_t requested, uint32_t front);
void built_release(Built *b, uint32_t block, uint8_t state);

SpDecodeResult built_decode(Built *b, SpDecoder *d);

#endif
