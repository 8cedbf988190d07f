/* built.h - slabs built by hand, for the walker's tests: a segment at an
 * address of its own choosing, whose memory the walker reads by callback. */
#ifndef SPACES_TEST_BUILT_H
#define SPACES_TEST_BUILT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/walker.h"

#define BUILT_SEGMENT UINT64_C(0x7f0000400000)
#define BUILT_RECORDS UINT64_C(0x7e0000000000)
#define BUILT_HEAP    UINT64_C(0x7e0000800000)
#define BUILT_KEY     UINT32_C(0x9d1c4b27)

/* A slab with its blocks and records. Pointers in `header` are addresses of
 * the imagined process. */
typedef struct Built {
    SpMemory memory; /* first: the callback gets here from it */
    SpSlab header;
    uint64_t at; /* address of the header */
    bool debug;
    uint8_t *bytes; /* of the slab's run */
    uint64_t length;
    SpRecord *records;
    uint64_t record_bytes;
    uint64_t reads;
    bool unreadable;
} Built;

/* A small slab or span at place `index` of the segment, `carved` blocks of
 * `block_size`, all of them in use. */
void built_slab(Built *b, uint32_t index, uint32_t slabs, uint32_t block_size, uint32_t carved,
                bool debug);
/* A large block of `bytes`. */
void built_large(Built *b, uint32_t index, uint64_t bytes, bool debug);
void built_end(Built *b);

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
