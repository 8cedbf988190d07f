/*
 * walker.h - decoding a slab: which blocks exist, which are live, which are
 * damaged. Written once, over a callback that reads memory; it serves the
 * program itself, the heap reader's view of another process, and a core file.
 *
 * Nothing that is read is believed. Every count is bounded by the size of a
 * slab, so each function ends on any input, in time that grows with the slab's
 * blocks; an address is handed to the callback only after it was checked to
 * lie where the header's own address allows it.
 *
 *   header --decode--> SpDecoder --block(i)--> where block i is, what is known
 *                                --check(i)--> whether its bytes are intact
 *
 * Fast build: a block is live if it was carved, is on neither free list, and in no thread's
 * parcel (sp_decode_waiting).
 * Debug build: the block's record says so, out of reach of the program's bugs.
 *
 * A slab of blocks of any size (SP_SLAB_MIXED) may have gigabytes. It is decoded
 * window by window, of SP_WINDOW_UNITS units each, and a block's index is the
 * unit it starts at; its free stretches are told as blocks that are not in use.
 * Any other slab is one window. So all slabs are gone through like this:
 *
 *   result = sp_decode_slab(&d, memory, &header, address, debug);
 *   for (;; result = sp_decode_window(&d, memory)) {
 *       for (uint32_t i = sp_decode_first(&d); i != SP_NO_BLOCK; i = sp_decode_after(&d, i))
 *           sp_decode_block(&d, i, &block);
 *       if (!sp_decode_more(&d))
 *           break;
 *   }
 */
#ifndef SPACES_WALKER_H
#define SPACES_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Most blocks a slab can hold: the least block has 4 bytes, a link. */
#define SP_DECODER_BLOCKS 16384u
/* Units of a window of a mixed slab. */
#define SP_WINDOW_UNITS SP_DECODER_BLOCKS
/* Bytes shown around the first damaged one. */
#define SP_DAMAGE_BYTES 32u
#define SP_NO_BLOCK     UINT32_MAX

typedef struct SpMemory SpMemory;
struct SpMemory {
    /* `length` bytes at `address`, good until the next read of the same
     * SpMemory; NULL where they cannot be had. */
    const void *(*read)(SpMemory *memory, uint64_t address, size_t length);
};

typedef enum SpDecodeResult {
    SP_DECODE_OK = 0,
    SP_DECODE_UNREADABLE = 1, /* a list or the records could not be read */
    SP_DECODE_DAMAGED = 2     /* see SpDecoder.damage; what is sound can be asked for */
} SpDecodeResult;

typedef enum SpBlockType {
    SP_BLOCK_FIXED = 1,
    SP_BLOCK_VARIABLE = 2,
    SP_BLOCK_EXTERNAL = 3 /* large */
} SpBlockType;

/* A block. What only the debug build knows is 0 in the fast build, and
 * `requested` is then `size`. */
typedef struct SpBlock {
    uint64_t address;   /* its first byte */
    uint64_t user;      /* the program's pointer */
    uint64_t span;      /* bytes from one block to the next */
    uint64_t size;      /* bytes the program may use from `user` on */
    uint64_t requested; /* bytes it asked for */
    uint64_t sequence;
    /* Of the process that allocated it, the low 24 bits of its id: stacks are numbers of that
     * process. 0 but in shared chunks. */
    uint32_t process;
    uint32_t pass;   /* which allocation of its stack; 0: not known */
    uint32_t thread; /* that allocated it */
    uint32_t free_thread;
    uint32_t alloc_stack;
    uint32_t free_stack;
    SpBlockType type;
    uint8_t state; /* SP_RECORD_*; fast build: LIVE or FREE */
    uint8_t family;
    bool in_use;
    bool stretch; /* free memory between a mixed slab's blocks */
    bool fits;    /* debug build: user, size and requested are the program's, as its record fits */
} SpBlock;

typedef enum SpDamageKind {
    SP_DAMAGE_NONE = 0,
    SP_DAMAGE_METADATA = 1,
    SP_DAMAGE_OVERFLOW = 2,
    SP_DAMAGE_UNDERFLOW = 3,
    SP_DAMAGE_WRITE_AFTER_FREE = 4,
    SP_DAMAGE_DOUBLE_FREE = 5
} SpDamageKind;

typedef struct SpDamage {
    SpDamageKind kind;
    uint32_t index;   /* of the block, SP_NO_BLOCK where it is a structure of ours */
    uint64_t address; /* the program's pointer to the block, or that structure's address */
    uint64_t size;    /* of the block, as the program knows it */
    int64_t offset;   /* of the first bad byte, from `address` */
    int64_t first;    /* of bytes[0], from `address` */
    uint32_t length;  /* of `bytes` in use */
    uint8_t bytes[SP_DAMAGE_BYTES];
    const char *reason; /* what is wrong, a phrase; static */
    /* What it is, where it is a structure of ours: "The slab header", ...; static. */
    const char *structure;
    /* The block. In a free stretch of a mixed slab: the last one that covered the place, where
     * that is known, else the stretch. */
    SpBlock block;
} SpDamage;

/* What a mixed slab's SpMixed says, after it was checked. */
typedef struct SpMixedView {
    uint64_t starts, live; /* addresses of the bitmaps */
    uint64_t key;
    uint32_t algorithm;
    uint32_t shift;
    uint32_t units;
    uint32_t top;
    uint32_t next; /* start of the first block behind the window, or top */
} SpMixedView;

typedef struct SpDecoder {
    SpSlab slab;         /* the header as it was given */
    uint64_t header;     /* its address */
    uint32_t first, end; /* blocks of this window have an index of [first, end) */
    uint32_t blocks;     /* of this window, that can be asked for */
    uint32_t live;       /* of them, in use */
    uint64_t live_bytes; /* that they may use; debug: that were asked for */
    bool debug;
    SpDecodeResult result;   /* of decoding this window */
    const SpRecord *records; /* debug: the window's, as good as the SpMemory keeps them */
    uint64_t first_record;   /* index of records[0] in the slab's */
    SpMixedView mixed;       /* SP_SLAB_MIXED */
    SpDamage damage;         /* the first one found, kind NONE where there is none */
    /* Bit i - first: block i is free (fast build, and mixed slabs). */
    uint64_t freed[SP_DECODER_BLOCKS / 64];
    /* SP_SLAB_MIXED: bit i - first: a block starts at unit i. */
    uint64_t starts[SP_WINDOW_UNITS / 64];
} SpDecoder;

/*
 * Decode a header alone: nothing else is read. Tells the number of blocks and,
 * from the owner's counters, how many are in use; blocks cannot be asked for.
 * Of a mixed slab, whose header has no counters, it tells that it is sound.
 */
SpDecodeResult sp_decode_header(SpDecoder *decoder, const SpSlab *header, uint64_t header_address);

/*
 * Decode the slab whose header, found at header_address, was copied to *header:
 * its first window. `header` must be the head of a run (kind SMALL, SPAN, LARGE
 * or MIXED); another kind is damage. In the debug build the decoder keeps the
 * pointer that `memory` gave for the records: where that does not outlive a
 * further read, pass another SpMemory to sp_check_block.
 */
SpDecodeResult sp_decode_slab(SpDecoder *decoder, SpMemory *memory, const SpSlab *header,
                              uint64_t header_address, bool debug);

/*
 * After sp_decode_slab, fast build: take blocks for free that wait in a thread's parcel for this
 * slab, `count` of them from the link `head` on. Ends at the first that is none, or is known to
 * be free, as where the parcel is just being sent. Where the window that sp_decode_slab read
 * through must stay as it is, pass another SpMemory.
 */
void sp_decode_waiting(SpDecoder *decoder, SpMemory *memory, uint32_t head, uint32_t count);

/* Whether blocks follow behind this window. */
bool sp_decode_more(const SpDecoder *decoder);
/* Decode the next window that has any; only where there are more. Damage that was found is
 * forgotten. */
SpDecodeResult sp_decode_window(SpDecoder *decoder, SpMemory *memory);
/* Decode the window that an index lies in, after sp_decode_slab. */
SpDecodeResult sp_decode_seek(SpDecoder *decoder, SpMemory *memory, uint32_t index);
/* Whether decoding this window of a mixed slab again would find the same blocks. */
bool sp_decode_current(const SpDecoder *decoder, SpMemory *memory);

/* Index of the window's first block; SP_NO_BLOCK where it has none. */
uint32_t sp_decode_first(const SpDecoder *decoder);
/* Of the next one behind `index`. */
uint32_t sp_decode_after(const SpDecoder *decoder, uint32_t index);

/* Block `index` of this window; false where there is no such block. */
bool sp_decode_block(const SpDecoder *decoder, uint32_t index, SpBlock *out);

/*
 * Look for damage of one block of this window. Debug build: its record, redzones
 * and fill patterns; fast build: only its link, as sp_decode_slab found it, or,
 * in a mixed slab, what stands at the start of a free stretch. OK, UNREADABLE,
 * or DAMAGED with *out filled.
 */
SpDecodeResult sp_check_block(SpDecoder *decoder, SpMemory *memory, uint32_t index, SpDamage *out);

/*
 * Index of the block that holds `address`, with *interior the bytes from the
 * block's start to it; SP_NO_BLOCK where there is none. After sp_decode_slab;
 * the decoder then stands at the block's window.
 */
uint32_t sp_decode_find(SpDecoder *decoder, SpMemory *memory, uint64_t address, uint64_t *interior);
/* The same from a header alone, for slabs that are not mixed: the carved block. */
uint32_t sp_block_index(const SpSlab *header, uint64_t address, uint64_t *interior);

#ifdef __cplusplus
}
#endif
#endif
