/*
 * layout.h - the heap as bytes: every structure that somebody outside the
 * allocator (the reader, a core file's reader) finds in memory.
 *
 * Glossary, from large to small
 *
 *   root      one a process, symbol spaces_heap_root. Says where all the rest is.
 *   chunk     a heap region: policy, limits, totals. malloc's default chunk,
 *             thread-exclusive chunks and user chunks are the same structure.
 *   heap      a chunk's set of free lists ("sub-chunk"). The default chunk has
 *             one a thread, any other chunk one or, when serialised, several.
 *   segment   4 MiB, aligned, one mmap: a header and 64 slabs; the first slab
 *             holds the header. A block too large for that has a segment of
 *             its own, of several times 4 MiB.
 *   slab      64 KiB, aligned. Holds blocks of one size, or (SP_SLAB_MIXED) of
 *             any size. A span is a run of slabs that serve as one; its first
 *             slab's header is the head.
 *   area      memory that is not of our segments: a caller's, or a System V
 *             shared segment. One SP_SLAB_MIXED, its header in the chunk.
 *   page      4 to 64 KiB, the chunk's choice: the step in which a slab is put
 *             to use and counted against the chunk's ceiling.
 *   block     what a program gets.
 *
 *   segment  |hdr 4K|slab headers 64 x 128 B|   |slab 1      |slab 2 ... slab 63|
 *            ^ p & ~(4M-1)                       ^ p & ~(64K-1)
 *
 * From any pointer: slab = p & ~0xffff, segment = p & ~0x3fffff, and the slab's
 * header is segment->slabs[(p >> 16) & 63]. Headers lie beside each other (one
 * TLB entry serves a whole segment, no two share a cache set, a reader takes
 * them in one piece) rather than at the start of each slab; docs/architecture.md
 * has the figures.
 *
 * A free block's first four bytes are its link to the next free block:
 *
 *   link = (next offset >> shift, or LINK_END) ^ slab->key
 *
 * A decoded link that is larger than 0xffff was not written by us: that is how
 * a write after free or a second free is noticed at the price of a compare.
 */
#ifndef SPACES_LAYOUT_H
#define SPACES_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define SP_LAYOUT_ASSERT(cond, text) static_assert(cond, text)
#else
#define SP_LAYOUT_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/* "SPACESHP" read as a little-endian integer. */
#define SP_ROOT_MAGIC    UINT64_C(0x5048534543415053)
#define SP_CHUNK_MAGIC   UINT64_C(0x4b4e484353435053)
#define SP_SEGMENT_MAGIC UINT64_C(0x544e4d4745535053)
#define SP_MIXED_MAGIC   UINT64_C(0x444558494d435053)
#define SP_SHARED_MAGIC  UINT64_C(0x4445524148535053)
/* Any change of a structure in this file takes a new number. */
#define SP_LAYOUT_VERSION 7

#define SP_SEGMENT_SHIFT     22
#define SP_SEGMENT_SIZE      (UINT64_C(1) << SP_SEGMENT_SHIFT)
#define SP_SLAB_SHIFT        16
#define SP_SLAB_SIZE         (UINT64_C(1) << SP_SLAB_SHIFT)
#define SP_SLABS_PER_SEGMENT 64u
/* Addresses of user space have 47 bits. */
#define SP_ADDRESS_BITS 47

/* Size classes, the small ones first; the last bin is a chunk's fixed size. */
#define SP_SMALL_BINS  52u
#define SP_CLASS_COUNT 64u
#define SP_BIN_FIXED   64u
#define SP_BIN_COUNT   65u
#define SP_LINK_END    0xffffu

/* What a slab's header says about its slab. */
enum {
    SP_SLAB_UNUSED = 0,   /* free, in the process pool */
    SP_SLAB_SMALL = 1,    /* blocks of one size, one slab */
    SP_SLAB_SPAN = 2,     /* blocks of one size, several slabs; this is the head */
    SP_SLAB_LARGE = 3,    /* one block, one or more slabs; this is the head */
    SP_SLAB_PART = 4,     /* inside a span or large block: head = this - head_delta */
    SP_SLAB_RESERVED = 5, /* holds the segment's header */
    SP_SLAB_MIXED = 6     /* blocks of any size, one or more slabs or an area; this is the head */
};

/* Where a slab stands in its heap. */
enum {
    SP_STATE_NONE = 0,
    SP_STATE_CURRENT = 1, /* the bin allocates from it; `used` counts one too many */
    SP_STATE_PARTIAL = 2, /* has free blocks, on heap->partial */
    SP_STATE_FULL = 3     /* no free block known to the owner */
};

/* Bits of SpSlab.flags. */
#define SP_SLAB_NOTICE  0x01u /* a remote free has promised to put it on heap->pending */
#define SP_SLAB_ZEROED  0x02u /* never used since the system gave it: bytes are zero */
#define SP_SLAB_FIXED   0x04u /* holds blocks of the fixed-size API */
#define SP_SLAB_AREA    0x08u /* an SP_SLAB_MIXED outside our segments: SpChunk.area */
#define SP_SLAB_GUARDED 0x10u /* an SP_SLAB_LARGE between pages that are closed: guard.h */
#define SP_SLAB_SEALED  0x20u /* likewise; freed, and its own pages are closed too */

/* SpSlab.remote: blocks that other threads freed, as one atomic word. */
#define SP_REMOTE_HEAD(word)  ((uint32_t)((word)&0xffffu))
#define SP_REMOTE_FULL        (UINT64_C(1) << 16) /* the owner asks to be told of the next free */
#define SP_REMOTE_COUNT_SHIFT 32
#define SP_REMOTE_COUNT(word) ((uint32_t)((word) >> SP_REMOTE_COUNT_SHIFT))
#define SP_REMOTE_EMPTY       ((uint64_t)SP_LINK_END)

typedef struct SpSlab SpSlab;
typedef struct SpHeap SpHeap;
typedef struct SpChunk SpChunk;
typedef struct SpSegment SpSegment;
typedef struct SpRecord SpRecord;
typedef struct SpParcel SpParcel;
typedef struct SpParcels SpParcels;
typedef struct SpMixed SpMixed;

/* Header of a slab, span or large block: 128 bytes, two cache lines. The first is
 * what a thread that frees reads; it changes seldom, so that all have it in their
 * caches. The second changes with each block. */
struct SpSlab {
    /* Written by the heap's owner (its thread, or who holds its lock). */
    uint64_t fast_owner; /* the heap whose thread may free here without a further look: its address
                            plus the slab's, so that one compare tells both; 0 none */
    char *base;          /* address of block 0 */
    SpHeap *heap;        /* owner, also where fast_owner is 0 */
    SpRecord *records;   /* debug build: one record a block, else NULL */
    uint32_t key;        /* links are stored XOR this; the upper half is never 0 */
    uint32_t reciprocal; /* index = (offset * reciprocal) >> 32, exact for offsets in the span */
    uint32_t block_size;
    uint32_t capacity;   /* blocks that fit */
    uint32_t carved;     /* blocks that ever existed; the rest was never touched */
    uint32_t slabs;      /* length of the run, in slabs */
    uint16_t head_delta; /* SP_SLAB_PART: slabs back to the head */
    uint8_t kind;        /* SP_SLAB_* */
    uint8_t state;       /* SP_STATE_* */
    uint8_t bin;         /* index in the heap's bins */
    uint8_t shift;       /* unit of links, as a power of two */
    uint8_t flags;       /* SP_SLAB_NOTICE, ... */
    uint8_t page_shift;  /* page size of the chunk when this slab was taken */

    uint64_t remote; /* atomic, any thread: SP_REMOTE_* */
    /* The owner's. */
    uint32_t used;       /* blocks handed out, remote frees not yet collected included */
    uint16_t free;       /* first free block: offset >> shift, or SP_LINK_END */
    uint16_t touched;    /* pages of 4 KiB of the slab that were used since the system gave it; kept
                            while it is free. Of a run of several slabs each has its own */
    SpSlab *next, *prev; /* heap->partial[bin] */
    SpSlab *all_next;    /* heap->slabs, or chunk->large */
    SpSlab *all_prev;
    union {
        SpSlab *pending_next; /* heap->pending */
        SpMixed *mixed;       /* SP_SLAB_MIXED: what is known about its blocks */
    };
    uint64_t bytes; /* large: usable bytes; else bytes counted against the chunk */
};
SP_LAYOUT_ASSERT(sizeof(SpSlab) == 128, "a slab header is two cache lines");
SP_LAYOUT_ASSERT(offsetof(SpSlab, remote) == 64, "what changes with each block has its own line");

/*
 * Blocks of any size in one stretch of memory. All that is known about them
 * stands here, out of their reach, and in units: no address, so that processes
 * that see the memory at different places can share it.
 *
 * Below `top` every unit belongs to a block or to a free stretch; each starts at
 * a unit whose bit in `starts` is set and goes on to the next such unit, or to
 * top. It is a live block where its bit in `live` is set too. From top on,
 * nothing was ever used (or what was used was given up again) and all bits are 0.
 *
 * These bits are the truth, and each change of them keeps every other block
 * whole at every step. The lists and counters below only make things quick: they
 * can be made anew from the bits (after damage, or where a process died).
 *
 * SPACES_SMALL_NONE: units of 16 bytes, neighbouring free stretches are one,
 * lists by two-level size (M. Masmano et al., "TLSF", 2004). A free stretch
 * starts with an SpStretch.
 * SPACES_SMALL_V3: units of 8 bytes, free blocks keep their size for ever, one
 * list a size class. A free block starts with the first eight bytes of an
 * SpStretch: next and guard.
 */
#define SP_MIXED_SHIFT    4u /* a unit's size as a power of two: NONE */
#define SP_MIXED_V3_SHIFT 3u
#define SP_MIXED_LEVELS   30u
#define SP_MIXED_SUBS     8u
#define SP_MIXED_LISTS    (SP_MIXED_LEVELS * SP_MIXED_SUBS)
#define SP_MIXED_NO_UNIT  UINT32_MAX
#define SP_MIXED_BUCKETS  20u /* SpHeap.mixed; the last for 2^18 units and more */

struct SpMixed {
    uint64_t magic;     /* SP_MIXED_MAGIC */
    uint64_t key;       /* what stands in free memory is stored XOR this */
    uint32_t algorithm; /* SPACES_SMALL_NONE or SPACES_SMALL_V3 */
    uint32_t shift;     /* of a unit */
    uint32_t units;     /* in all */
    uint32_t top;
    uint32_t starts_at; /* offsets of the bitmaps from this structure, in bytes */
    uint32_t live_at;
    uint32_t blocks;     /* live ones */
    uint32_t free_units; /* in free stretches, below top */
    uint64_t live_units;
    uint32_t level_map; /* bit i: a list of level i is not empty */
    uint32_t pad0;
    uint8_t sub_map[32]; /* likewise of each level */
    uint32_t list_count; /* no more than SP_MIXED_LISTS; less where there are few units */
    uint32_t lists[1];   /* so many: first unit, or SP_MIXED_NO_UNIT */
};
SP_LAYOUT_ASSERT(sizeof(SpMixed) % 8 == 0, "more lists and the bitmaps follow");

/* At the start of a free stretch; each word XOR (uint32_t)key. */
typedef struct SpStretch {
    uint32_t next;  /* unit, or SP_MIXED_NO_UNIT */
    uint32_t guard; /* sp_stretch_guard: says that nobody wrote here */
    uint32_t prev;
    uint32_t units;
} SpStretch;

/* The guard of the stretch at a unit. SPACES_SMALL_V3: prev and units are 0. */
static inline uint32_t sp_stretch_guard(uint32_t unit, uint32_t next, uint32_t prev, uint32_t units)
{
    uint32_t sum = unit * UINT32_C(0x9e3779b1) + UINT32_C(0x7f4a7c15);
    sum = (sum ^ next) * UINT32_C(0x85ebca6b);
    sum = (sum ^ sum >> 15 ^ prev) * UINT32_C(0xc2b2ae35);
    return (sum ^ sum >> 13 ^ units) * UINT32_C(0x27d4eb2f);
}

/* Debug build: the record of the block at a byte offset of an SP_SLAB_MIXED. No
 * two blocks share one, as a block has two redzones and a byte at least. */
#define SP_MIXED_RECORD_STEP    48u
#define SP_MIXED_RECORD(offset) ((uint64_t)(offset) / SP_MIXED_RECORD_STEP)

/* Most processes that use one shared chunk at a time. */
#define SP_SHARED_TASKS 256u

/* A System V shared segment starts with this; offsets are from its start. */
typedef struct SpShared {
    uint64_t magic;          /* SP_SHARED_MAGIC; stored last of all */
    uint32_t layout_version; /* SP_LAYOUT_VERSION */
    uint32_t debug;          /* the build that made it */
    uint64_t bytes;          /* of the whole */
    uint64_t address;        /* where its creator has it */
    uint64_t mixed_at, records_at, data_at;
    uint64_t data_bytes;
    uint64_t sequence;               /* debug: last allocation number */
    uint32_t created_flags;          /* SPACES_CHUNK_* */
    uint32_t recoveries;             /* how often the lock's owner was found dead */
    uint32_t tasks[SP_SHARED_TASKS]; /* ids of the attached processes, 0 vacant */
    uint64_t lock[8];                /* a pthread_mutex_t, robust and process-shared */
} SpShared;

enum { SP_SEGMENT_SLABS = 1, SP_SEGMENT_LARGE = 2, SP_SEGMENT_FREE = 3 };

/* What SpRoot.segment_map says of 4 MiB of address space. */
enum {
    SP_MAP_NONE = 0,
    SP_MAP_SEGMENT = 1,
    SP_MAP_TAIL = 2,   /* of a segment that starts before */
    SP_MAP_META = 3,   /* the allocator's own structures */
    SP_MAP_AREA = 0x80 /* beside one of these: an area reaches in, area_map.h knows where */
};

struct SpSegment {
    uint64_t magic;         /* SP_SEGMENT_MAGIC */
    uint64_t cookie;        /* address of this header ^ root.cookie */
    uint32_t kind;          /* SP_SEGMENT_* */
    uint32_t index;         /* of its entry in root.segments */
    uint64_t bytes;         /* of address space, a multiple of SP_SEGMENT_SIZE */
    uint64_t free_slabs;    /* bit i: slab i is in the pool */
    uint64_t touched;       /* bit i: slab i has been used since the system gave it */
    uint64_t whole;         /* bit i: more than half of it was: SpSlab.touched */
    SpSegment *next, *prev; /* pool's list of segments with free slabs, or of free large segments */
    uint64_t charged;       /* bytes of it counted in root.heap_total */
    uint32_t committed;     /* slabs that were ever given to the pool, the first included */
    uint32_t pad0;
    char pad[4096 - 88];
    SpSlab slabs[SP_SLABS_PER_SEGMENT];
};
SP_LAYOUT_ASSERT(offsetof(SpSegment, slabs) == 4096, "slab headers start on a page of their own");
SP_LAYOUT_ASSERT(sizeof(SpSegment) <= SP_SLAB_SIZE, "a segment's header fits its first slab");

/* Who may touch a heap's lists. */
enum {
    SP_POLICY_OPEN = 0,   /* whoever calls; the program sees to it that it is one at a time */
    SP_POLICY_LOCKED = 1, /* the holder of heap->lock */
    SP_POLICY_THREAD = 2  /* the thread whose current heap it is; others free remotely */
};
enum { SP_HEAP_IDLE = 0, SP_HEAP_ACTIVE = 1, SP_HEAP_PARKED = 2, SP_HEAP_ABANDONED = 3 };

#define SP_PARCELS 32u

/* Freed blocks of one slab of another heap's, linked as in its free lists; the last one's link
 * is SP_LINK_END. While they are sent they are on the slab's remote list already. */
struct SpParcel {
    SpSlab *slab; /* NULL: vacant */
    uint32_t count;
    uint16_t head, tail;
};

struct SpParcels {
    SpParcel parcels[SP_PARCELS];
    uint64_t bytes; /* in all of them */
};

struct SpHeap {
    SpSlab *bins[SP_BIN_COUNT]; /* current slab a class; an empty dummy where there is none */
    SpSlab *partial[SP_BIN_COUNT];
    SpSlab *slabs; /* all slabs of this heap, by all_next */
    SpChunk *chunk;
    SpHeap *next;       /* chunk->heaps; set once */
    SpHeap *parked;     /* next parked heap */
    uint64_t pending;   /* atomic: slabs with remote frees that the owner took for full */
    uint32_t lock;      /* futex; serialised chunks */
    uint32_t state;     /* SP_HEAP_* */
    uint32_t thread;    /* kernel id of the owning thread, 0 where none */
    uint32_t policy;    /* SP_POLICY_* */
    uint64_t footprint; /* bytes counted for this heap */
    SpSlab *empty;      /* empty slabs kept for reuse, by next; their kind is UNUSED */
    uint64_t retained;  /* bytes of them */
    SpParcels *parcels; /* blocks on their way to other heaps (remote.h) */
    uint64_t filled[2]; /* bit i: bin i ever had a full slab */
    SpSlab **direct;    /* malloc's short way: by (size - 1) / 8 the slab that has a block for it;
                           NULL where no thread's malloc uses this heap */
    /* Runs of mixed slabs: general ones by the size (as a power of two, in units)
     * of what surely fits in them, and those of the V3 algorithm. By next/prev. */
    SpSlab *mixed[SP_MIXED_BUCKETS];
    SpSlab *v3;
};

enum {
    SP_CHUNK_DEFAULT = 1,
    SP_CHUNK_THREAD = 2,
    SP_CHUNK_VARIABLE = 3,
    SP_CHUNK_FIXED = 4,
    SP_CHUNK_AREA = 5,
    SP_CHUNK_SHARED = 6
};

#define SP_NO_LIMIT UINT64_MAX

struct SpChunk {
    uint64_t magic;         /* SP_CHUNK_MAGIC */
    uint64_t cookie;        /* address of this chunk ^ root.cookie */
    uint32_t kind;          /* SP_CHUNK_* */
    uint32_t flags;         /* SPACES_CHUNK_* as created */
    uint32_t index;         /* of its entry in root.chunks */
    uint32_t thread;        /* owner, SP_CHUNK_THREAD only */
    uint32_t created_stack; /* id in the stack depot, 0 none */
    uint32_t page_size;
    uint32_t block_size;       /* fixed size, 0 none */
    uint32_t small_block_size; /* below: small-block allocator */
    uint32_t max_suballoc;
    uint32_t max_subchunks;
    uint8_t small_allocator;
    uint8_t serialized;
    uint8_t page_resizing;
    uint8_t pad0;
    uint32_t status; /* 0, or damage was found */
    uint64_t floor;
    uint64_t ceiling;    /* SP_NO_LIMIT: none */
    uint64_t free_bytes; /* empty capacity kept */
    uint64_t grow_increment;
    uint64_t footprint;   /* atomic: bytes taken for this chunk */
    uint64_t peak;        /* atomic: highest footprint */
    uint64_t large_count; /* atomic: live large blocks */
    uint64_t large_bytes; /* atomic: their footprint */
    uint32_t large_lock;  /* futex: `large` */
    uint32_t lock;        /* futex: spaces_chunk_lock */
    uint32_t lock_owner;  /* kernel thread id */
    uint32_t lock_depth;
    SpSlab *large;          /* large blocks, by all_next */
    SpHeap *heaps;          /* all heaps; the chunk's own one is last */
    uint64_t quarantined;   /* atomic: freed blocks held back (debug build) */
    uint32_t fixed_request; /* fixed size as it was asked for; block_size has redzones too */
    uint32_t bin_max;    /* largest request that a size class may serve; from the settings above */
    SpShared *shared;    /* SP_CHUNK_SHARED: where this process has it attached */
    uint64_t key;        /* likewise: its System V key */
    uint64_t attachment; /* likewise: SpAttachment, this process's own part */
    SpSlab area;         /* SP_CHUNK_AREA and SP_CHUNK_SHARED: the header of their one slab */
    SpHeap own;          /* first heap; the default chunk's late calls use it */
};

/* Debug build: what is known about a block, out of the block's reach. */
enum {
    SP_RECORD_NEVER = 0,
    SP_RECORD_LIVE = 1,
    SP_RECORD_QUARANTINED = 2,
    SP_RECORD_FREE = 3,
    SP_RECORD_BUSY = 4 /* a thread is filling it: its bytes say nothing yet */
};
/* Families of allocation functions, for mismatched-free. */
enum {
    SP_FAMILY_MALLOC = 0,
    SP_FAMILY_NEW = 1,
    SP_FAMILY_NEW_ARRAY = 2,
    SP_FAMILY_CHUNK = 3,
    SP_FAMILY_FIXED = 4,
    SP_FAMILY_ALIGNED = 5
};

/* SpRecord.family in a mixed slab: bits 4 to 6 are the block's phase, its offset in
 * eights of bytes modulo 6, as a record serves so many places. */
#define SP_FAMILY_OF(family)        ((family)&15u)
#define SP_FAMILY_PHASE(family)     ((uint32_t)(family) >> 4 & 7u)
#define SP_FAMILY_WITH_PHASE(phase) ((uint8_t)((phase) << 4))
/* Bit 7: the block is a shared chunk's. */
#define SP_FAMILY_SHARED 0x80u

/* SpRecord.sequence: the number of the allocation, from 1, in its lower bits. In the
 * upper ones the pass, that is, which allocation of its stack this was (SpStack.passes;
 * 0: not known, or too many); a shared chunk's block has its process there instead. */
#define SP_SEQUENCE_BITS      40u
#define SP_SEQUENCE_NUMBER(s) ((s) & ((UINT64_C(1) << SP_SEQUENCE_BITS) - 1))
#define SP_SEQUENCE_UPPER(s)  ((uint32_t)((s) >> SP_SEQUENCE_BITS))
#define SP_SEQUENCE_OF(number, upper) \
    ((uint64_t)(upper) << SP_SEQUENCE_BITS | SP_SEQUENCE_NUMBER(number))
#define SP_PASS_MAX 0xffffffu

struct SpRecord {
    uint64_t sequence;    /* SP_SEQUENCE_* */
    uint32_t alloc_stack; /* ids in the stack depot */
    uint32_t free_stack;
    uint32_t alloc_thread;
    uint32_t free_thread;
    uint32_t requested; /* bytes asked for; a large block's upper half is its slab->reciprocal */
    uint16_t front;     /* bytes from the block's start to the program's pointer, >> 4 */
    uint8_t state;      /* atomic, SP_RECORD_* */
    uint8_t family;
};
SP_LAYOUT_ASSERT(sizeof(SpRecord) == 32, "two records a cache line");

/* Fill patterns of the debug build. */
#define SP_FILL_FRONT 0xb5 /* redzone before the program's bytes */
#define SP_FILL_BACK  0xa5 /* redzone after them */
#define SP_FILL_NEW   0xcb /* fresh bytes */
#define SP_FILL_FREED 0xdb /* freed bytes */
#define SP_REDZONE    16u  /* least width of a redzone, bytes */
/*
 * A block of the debug build, by its record's state:
 *
 *   LIVE         |FRONT x front|program's bytes x requested|BACK to the block's end|
 *   QUARANTINED  the same, with FREED in the program's bytes
 *   FREE         as QUARANTINED, but the first four bytes are the slab's link, or
 *                zero or FRONT while a thread takes it from or to its list
 *   NEVER        carved but not handed out yet: a link, the rest is not defined
 *   BUSY         between two of these
 *
 * `front` is a multiple of 16 and at least SP_REDZONE; the back redzone is at
 * least SP_REDZONE wide and starts at the very byte after those asked for; only
 * its first SP_BACK_MAX bytes are filled. Of the program's bytes only the first
 * SP_FILL_MAX are filled with NEW or FREED. A large block that was freed is
 * unmapped or pooled at once when it leaves the quarantine: it has no FREE state.
 *
 * A guarded block (SP_SLAB_GUARDED) has what its pages leave of both redzones, which
 * may be nothing; while it is sealed its bytes cannot be read, nor can they change.
 */
#define SP_FILL_MAX 65536u
#define SP_BACK_MAX 4096u

/* Stack depot: one region; a stack's id is its offset in units of 8 bytes. */
typedef struct SpStack {
    uint32_t next; /* id of the next stack in this hash bucket */
    uint32_t hash;
    uint32_t count;     /* frames */
    uint32_t passes;    /* atomic: how often this stack allocated; frees do not count */
    uint64_t frames[1]; /* return addresses, innermost first */
} SpStack;
#define SP_STACK_UNIT       8u
#define SP_STACK_MAX_FRAMES 32u

/*
 * Blocks that somebody waits for (debug build): the table spaces_watches, which a
 * debugger fills in the memory of a stopped program, or SPACES_WATCH at its start.
 * Each time one of `events` happens to a block that an entry means, the program
 * calls spaces_on_block, where the debugger stops it.
 *
 * To set an entry: all its fields but `kind`, then `kind`, then armed + 1.
 */
#define SP_WATCHES_MAGIC   UINT64_C(0x5348435441575053) /* "SPWATCHS" */
#define SP_WATCHES_VERSION 1u
#define SP_WATCH_COUNT     48u

enum {
    SP_WATCH_NONE = 0,
    SP_WATCH_SITE = 1,     /* key: sp_site_step over its allocation stack; number: pass, 0 any */
    SP_WATCH_SEQUENCE = 2, /* key: number of its allocation */
    SP_WATCH_BLOCK = 3,    /* key: its address; number: of its allocation, 0 any */
    SP_WATCH_SIZE = 4      /* key: least size asked for; number: most */
};

typedef struct SpWatch {
    uint32_t kind;   /* SP_WATCH_* */
    uint32_t events; /* bit i: SpacesBlockEventKind i */
    uint64_t key;
    uint64_t number;
    uint64_t address; /* the block that was met last, 0 none */
    uint32_t hits;    /* atomic: allocations that it meant */
    uint32_t seen;    /* atomic: SP_WATCH_SITE: allocations of the site, whatever their pass */
} SpWatch;

typedef struct SpWatches {
    uint64_t magic;     /* SP_WATCHES_MAGIC */
    uint32_t version;   /* SP_WATCHES_VERSION */
    uint32_t count;     /* SP_WATCH_COUNT */
    uint32_t supported; /* 1: debug build. The fast build looks at no entry */
    uint32_t armed;     /* entries that are set; 0: none is looked at */
    SpWatch watch[SP_WATCH_COUNT];
} SpWatches;
SP_LAYOUT_ASSERT(sizeof(SpWatch) == 40 && offsetof(SpWatches, watch) == 24, "debuggers write it");

/* The identity of a stack that outlives a new start: begins with the number of
 * frames, then takes, innermost first, each return address less the lowest address
 * of its module (the address itself where it has none). */
static inline uint64_t sp_site_step(uint64_t site, uint64_t offset)
{
    site = (site ^ offset) * UINT64_C(0x9e3779b97f4a7c15);
    return site ^ site >> 32;
}

typedef struct SpRoot {
    uint64_t magic;          /* SP_ROOT_MAGIC */
    uint32_t layout_version; /* SP_LAYOUT_VERSION */
    uint32_t size;           /* sizeof(SpRoot) */
    uint32_t debug;          /* 1: debug build */
    uint32_t spaces_version; /* major << 16 | minor << 8 | update */
    /* Set at initialisation, then constant. */
    uint64_t checksum; /* sp_root_checksum; 0: not initialised yet */
    uint64_t cookie;
    uint64_t segments;   /* address of an array of segment addresses, 0 = vacant */
    uint64_t chunks;     /* address of an array of chunk addresses, 0 = vacant */
    uint64_t depot;      /* address of the stack depot */
    uint64_t depot_size; /* its reserved bytes */
    uint64_t default_chunk;
    /* Change as the program runs; atomic. */
    uint64_t segment_count; /* entries of `segments` in use, vacant ones included */
    uint64_t chunk_count;
    uint64_t depot_used; /* bytes */
    uint64_t sequence;   /* last allocation number (debug build) */
    uint64_t heap_total; /* bytes from the system */
    uint64_t total_free; /* bytes of slabs and segments in the pool */
    uint64_t heap_limit; /* SP_NO_LIMIT: none */
    uint64_t grow_increment;
    uint64_t free_bytes;
    uint64_t large_threshold;
    uint64_t report_count;
    uint32_t pid;
    uint32_t use_munmap;
    uint32_t coalesce;
    uint32_t quarantined; /* blocks in the quarantine */
    /* Set at initialisation: a byte for each 4 MiB of address space (segment.h). */
    uint64_t segment_map;
} SpRoot;
SP_LAYOUT_ASSERT(sizeof(SpRoot) == 192, "the root is read by other processes");

#define SP_MAX_SEGMENTS (UINT64_C(1) << 20)
#define SP_MAX_CHUNKS   (UINT64_C(1) << 20)

/* Checksum over the constant part of a root. */
static inline uint64_t sp_root_checksum(const SpRoot *root)
{
    const uint64_t parts[] = {root->magic,    ((uint64_t)root->layout_version << 32) | root->size,
                              root->debug,    root->cookie,
                              root->segments, root->chunks,
                              root->depot,    root->depot_size};
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sum = (sum ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum | 1;
}

#ifdef __cplusplus
}
#endif
#endif
