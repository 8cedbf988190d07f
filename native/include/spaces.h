/*
 * spaces.h - a malloc with explicit heap regions, for Linux x86-64.
 *
 * malloc, calloc, realloc and free are served by the process's default chunk.
 * Further chunks are heap regions of your own: allocate from them, cap them,
 * walk them, check them, and destroy each in one call.
 *
 * Unless a function says otherwise: sizes are bytes; functions may be called
 * from any thread; a chunk created without SPACES_CHUNK_SERIALIZE may be
 * touched by one thread at a time; a failure is reported to the error handler
 * (spaces_set_error_handler) and then returned.
 */
#ifndef SPACES_H
#define SPACES_H

#include <stddef.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SPACES_VERSION_MAJOR  0
#define SPACES_VERSION_MINOR  1
#define SPACES_VERSION_UPDATE 0
#define SPACES_VERSION_STRING "0.1.0"
/** Unpack a SpacesVersion. */
#define SPACES_MAJOR_VERSION(version)  (((version) >> 16) & 0xffu)
#define SPACES_MINOR_VERSION(version)  (((version) >> 8) & 0xffu)
#define SPACES_UPDATE_VERSION(version) ((version)&0xffu)

#ifndef SPACES_API
#define SPACES_API __attribute__((visibility("default")))
#endif

/** Handle of a chunk (heap region). */
typedef struct SpacesChunkRec *SpacesChunk;
/** major << 16 | minor << 8 | update */
typedef unsigned SpacesVersion;
typedef unsigned long SpacesThreadId;

/** Why an operation failed. */
typedef enum SpacesErrorCode {
    SPACES_OK = 0,
    SPACES_ERR_INTERNAL,
    SPACES_ERR_OUT_OF_MEMORY,
    SPACES_ERR_BLOCK_TOO_BIG,
    SPACES_ERR_ALLOC_ZERO,
    SPACES_ERR_RESIZE_FAILED,
    SPACES_ERR_LOCK,
    SPACES_ERR_EXCEEDED_CEILING,
    SPACES_ERR_TOO_MANY_PAGES,
    SPACES_ERR_TOO_MANY_TASKS,
    SPACES_ERR_BAD_CHUNK,
    SPACES_ERR_BAD_BLOCK,
    SPACES_ERR_BAD_FREE_BLOCK,
    SPACES_ERR_BAD_POINTER,
    SPACES_ERR_WRONG_TASK,
    SPACES_ERR_NOT_FIXED_SIZE,
    SPACES_ERR_BAD_FLAGS,
    SPACES_ERR_UNSUPPORTED,
    SPACES_ERR_EXCEEDED_HEAP_LIMIT,
    SPACES_ERR_LICENSE,
    SPACES_ERR_BAD_ALIGNMENT
} SpacesErrorCode;

/** Classes of blocks, as bits. */
typedef enum SpacesBlockType {
    SPACES_BLOCK_FIXED = 0x0001,
    SPACES_BLOCK_VAR_MOVEABLE = 0x0002,
    SPACES_BLOCK_VAR_FIXED = 0x0004,
    SPACES_BLOCK_EXTERNAL = 0x0008,
    SPACES_BLOCK_FREE = 0x0010
} SpacesBlockType;

typedef enum SpacesSmallAllocator {
    SPACES_SMALL_NONE = 0,
    SPACES_SMALL_V3 = 3,
    SPACES_SMALL_V5 = 5
} SpacesSmallAllocator;

typedef enum SpacesChunkStatus {
    SPACES_CHUNK_OK = 1,
    SPACES_CHUNK_CORRUPT = -1,
    SPACES_CHUNK_CORRUPT_FATAL = -2,
    SPACES_CHUNK_END = 0
} SpacesChunkStatus;

typedef enum SpacesPointerStatus {
    SPACES_PTR_OK = 1,
    SPACES_PTR_WILD = 0,
    SPACES_PTR_FREE = -1
} SpacesPointerStatus;

typedef enum SpacesThreadExclusive {
    SPACES_THREAD_EXCLUSIVE_OFF = 0,
    SPACES_THREAD_EXCLUSIVE_ON = 0x10000,
    SPACES_FREE_ON_THREAD_TERM = 0x20000
} SpacesThreadExclusive;

/* Allocation flags. */
#define SPACES_FLAG_FIXED           0x0000u
#define SPACES_FLAG_ZERO_INIT       0x0001u
#define SPACES_FLAG_MOVEABLE        0x0002u
#define SPACES_FLAG_RESIZEABLE      0x0004u
#define SPACES_FLAG_RESIZE_IN_PLACE 0x0008u
#define SPACES_FLAG_NO_GROW         0x0010u
#define SPACES_FLAG_NO_EXTERNAL     0x0020u
#define SPACES_FLAG_NO_COMPACT      0x0040u
#define SPACES_FLAG_NO_SERIALIZE    0x0080u

/* Chunk creation flags. */
#define SPACES_CHUNK_SHARED       0x0001u
#define SPACES_CHUNK_SERIALIZE    0x0002u
#define SPACES_CHUNK_VIRTUAL_LOCK 0x0004u
#define SPACES_CHUNK_ZERO_INIT    0x0008u
#define SPACES_CHUNK_AREA         0x0010u
#define SPACES_CHUNK_FILE_MAPPING 0x0020u
#define SPACES_CHUNK_DEFAULT      0x8000u

/** Generic error value of functions that return a size. */
#define SPACES_ERROR_RET      ((size_t)-1)
#define SPACES_UNLOCK_FAILED  (-1)
#define SPACES_MAX_CALL_STACK 32

/**
 * What a handler is told about an error. Valid during the call only. Fields
 * that do not apply are zero. docs/errors.md has every code.
 */
typedef struct SpacesErrorInfo {
    SpacesErrorCode errorCode;
    SpacesChunk chunk;    /**< where the problem was found */
    SpacesChunk argChunk; /**< what the failing call was given: chunk, */
    void *argPtr;         /**< block, */
    void *argBuf;         /**< other memory, */
    size_t argSize;       /**< size or value, */
    size_t argCount;      /**< number of objects, or alignment, */
    unsigned argFlags;    /**< flags */
    const char *file;     /**< of the call; NULL: callStack has its address */
    int line;
    unsigned long allocCount; /**< sequence number of the block's allocation, or, where there is
                                   no block, of the last allocation (debug build) */
    unsigned long passCount;  /**< how often its allocation site had allocated (debug build) */
    unsigned long checkpoint; /**< number of this report */
    void *errorAlloc;         /**< the block */
    void *corruptAddr;        /**< first damaged byte */
    const struct SpacesErrorInfo *objectCreationInfo; /**< chunk, threadID, allocCount, callStack of
                                                           the block's allocation, or, where there
                                                           is no block, of the chunk's creation */
    SpacesThreadId threadID;
    int pid;
    void *callStack[SPACES_MAX_CALL_STACK]; /**< innermost first, NULL-terminated if shorter */
} SpacesErrorInfo;

/** Returns non-zero to have the operation retried, at most 64 times. */
typedef int (*SpacesErrorFn)(SpacesErrorInfo *err);

/** One block of a walk; `entry` is cursor and result. */
typedef struct SpacesChunkEntry {
    void *entry;
    SpacesChunk chunk;
    SpacesBlockType type;
    int isInUse;
    size_t size;
    unsigned lockCount;
    void *reserved_ptr;
    SpacesChunk reserved_chunk;
} SpacesChunkEntry;

typedef struct SpacesChunkInfo {
    SpacesChunk chunk;
    unsigned type; /**< SpacesBlockType bits of the live blocks */
    unsigned blockSizeFS;
    unsigned smallBlockSize;
    unsigned pageSize;
    size_t floor;
    size_t ceiling;
    unsigned flags;
    SpacesErrorFn errorFn;
} SpacesChunkInfo;

typedef struct SpacesProcessInfo {
    size_t growIncrement;
    size_t freeBytes;
    size_t largeBlockThreshold;
    size_t heapLimit;
    size_t heapTotal;
    size_t totalFree;
    int useMunmap;
    int coelesceSystemAllocs;
} SpacesProcessInfo;

/** What happened to a block that somebody waits for. */
typedef enum SpacesBlockEventKind {
    SPACES_BLOCK_ALLOCATED = 1,
    SPACES_BLOCK_FREED = 2,   /**< its bytes have their fill pattern already */
    SPACES_BLOCK_RESIZED = 3, /**< in place */
    SPACES_BLOCK_MISSED = 4   /**< the process ends, and the block never came */
} SpacesBlockEventKind;

/** What spaces_on_block is told. Valid during the call only. */
typedef struct SpacesBlockEvent {
    SpacesBlockEventKind kind;
    unsigned watch;         /**< number of the watch that asked for it */
    void *address;          /**< the block; NULL: SPACES_BLOCK_MISSED */
    size_t size;            /**< as asked for */
    unsigned long sequence; /**< of its allocation */
    unsigned long pass;     /**< which allocation of its call stack it is, 0 not known;
                                 SPACES_BLOCK_MISSED: how many of that stack there were */
    SpacesThreadId threadID;
    SpacesChunk chunk;
} SpacesBlockEvent;

/** The chunk that serves malloc; NULL until the first allocation. Read only. */
SPACES_API extern SpacesChunk spaces_default_chunk;
/* Three variables that are read when the default chunk is created: set them before
 * the first allocation, or after spaces_free_default_chunk. */
/** Its fixed block size for spaces_chunk_alloc_fixed; 0 none. */
SPACES_API extern unsigned short spaces_default_block_size;
/** Its page size, as spaces_chunk_set_page_size takes it. */
SPACES_API extern unsigned spaces_default_page_size;
/** Its creation flags: SPACES_CHUNK_SERIALIZE (without it spaces_chunk_lock refuses
 *  the chunk), SPACES_CHUNK_ZERO_INIT, SPACES_CHUNK_VIRTUAL_LOCK. */
SPACES_API extern unsigned spaces_default_flags;
/** Non-zero where this library's malloc is the program's malloc. */
SPACES_API extern int spaces_malloc_linked;

/* ---- core ------------------------------------------------------------- */

/** Prepare the allocator. Optional: the first allocation does the same. */
SPACES_API void spaces_core_init(void);
/** malloc, by a name of its own: NULL and ENOMEM on failure. */
SPACES_API void *spaces_malloc(size_t size);
/** calloc: nobj * size zeroed bytes, NULL and ENOMEM on failure or overflow. */
SPACES_API void *spaces_calloc(size_t nobj, size_t size);
/** realloc: NULL ptr allocates; size 0 frees and returns NULL. */
SPACES_API void *spaces_realloc(void *ptr, size_t size);
/** free of a block of any chunk; NULL is ignored. */
SPACES_API void spaces_free(void *ptr);
/** Block aligned to a power of two; NULL and EINVAL for another alignment. */
SPACES_API void *spaces_memalign(size_t alignment, size_t size);
/** Bytes that may be used at ptr; 0 where it is no live block. */
SPACES_API size_t spaces_usable_size(void *ptr);
/** Give the calling thread's free lists back; the next allocation takes new ones. */
SPACES_API void spaces_thread_cleanup(void);
/** Register the process, counted; 1, or 0 on failure. */
SPACES_API int spaces_init(void);
/** Undo one spaces_init; 0 where none is left. The last one destroys all chunks
 *  but the default one, and the error handler. */
SPACES_API int spaces_shutdown(void);
/** The library's version, see SPACES_MAJOR_VERSION. */
SPACES_API SpacesVersion spaces_version(void);

/* ---- chunks ----------------------------------------------------------- */

/** The default chunk, created if need be. */
SPACES_API SpacesChunk spaces_init_default_chunk(void);
/** Destroy the default chunk; 0 where it holds live blocks or serves another thread. */
SPACES_API int spaces_free_default_chunk(void);
/** Give the calling thread a private chunk for malloc (SPACES_THREAD_EXCLUSIVE_ON,
 *  with SPACES_FREE_ON_THREAD_TERM: emptied at its end), or, with
 *  SPACES_THREAD_EXCLUSIVE_OFF, the shared one again. 1, or 0 on failure. Blocks
 *  of a private chunk are freed by its thread only. */
SPACES_API int spaces_default_chunk_thread_exclusive(unsigned flags);
/** A new chunk; flags are SPACES_CHUNK_SERIALIZE, _ZERO_INIT, _VIRTUAL_LOCK, _DEFAULT. */
SPACES_API SpacesChunk spaces_chunk_create(unsigned flags);
/** A chunk for blocks of block_size bytes, with room for `count` taken at once. */
SPACES_API SpacesChunk spaces_chunk_create_fixed(unsigned short block_size, size_t count,
                                                 unsigned flags);
/** A chunk in memory of the caller's: `size` bytes from `addr` on, all of which can
 *  be read and written and belong to no other area; static, on a stack, mapped, or a
 *  block. NULL on failure. The memory holds nothing but blocks, in multiples of 16
 *  bytes; it must stay until the chunk is destroyed, which leaves it as it is then.
 *  Flags as for spaces_chunk_create. Its ceiling, floor and preallocation count pages
 *  from the area's start to the end of the last block. */
SPACES_API SpacesChunk spaces_chunk_create_area(void *addr, size_t size, unsigned flags);
/** The same. `security` is accepted and has no meaning on Linux. */
SPACES_API SpacesChunk spaces_chunk_create_area_ex(void *addr, size_t size, unsigned flags,
                                                   void *security);
/** A chunk in a new System V segment of `size` bytes, mode 0600, which other processes
 *  attach. NULL on failure. `name` is a key_t, as ftok gives one, cast to a pointer. A
 *  segment of this key that a chunk left behind all of whose processes died is replaced.
 *  The chunk is serialised, between processes too; its size is fixed; up to 256
 *  processes use it at a time, and all of one user, one pid namespace and one build
 *  (fast or debug). Ceiling, floor and the other settings are each process's own.
 *  Flags as for spaces_chunk_create. */
SPACES_API SpacesChunk spaces_chunk_create_shared(const char *name, size_t size, unsigned flags);
/** Attach the shared chunk of this key, made by another process (or this one: the
 *  same handle is then returned, and is to be destroyed once more). NULL on failure.
 *  `chunk` is NULL, or the handle by which this process has that chunk. It is attached
 *  at its creator's address where that is free here; elsewhere pointers differ. */
SPACES_API SpacesChunk spaces_chunk_attach_shared(SpacesChunk chunk, const char *name);
/** Free every block of the chunk and the chunk; 1, or 0 on failure. Time grows
 *  with the chunk's slabs, not with its blocks. A shared chunk is detached from this
 *  process, its blocks stay; the last process that has it removes it. */
SPACES_API int spaces_chunk_destroy(SpacesChunk chunk);

/** A block of at least `size` bytes, word-aligned; NULL on failure. Flags:
 *  SPACES_FLAG_ZERO_INIT, _NO_GROW, _NO_EXTERNAL, _RESIZEABLE. */
SPACES_API void *spaces_chunk_alloc(SpacesChunk chunk, size_t size, unsigned flags);
/** A block of a fixed chunk; NULL on failure. */
SPACES_API void *spaces_chunk_alloc_fixed(SpacesChunk chunk);
/** Free a block of any chunk; 1, or 0 on failure. */
SPACES_API int spaces_chunk_free(void *ptr);
/** Free a block of a fixed chunk; SPACES_ERR_NOT_FIXED_SIZE for any other. */
SPACES_API int spaces_chunk_free_fixed(void *ptr);
/** Resize a block; NULL on failure, the block then stays. Flags:
 *  SPACES_FLAG_ZERO_INIT, _RESIZE_IN_PLACE, _NO_GROW, _RESIZEABLE. */
SPACES_API void *spaces_chunk_realloc(void *ptr, size_t size, unsigned flags);
/** Usable bytes of a live block, or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_ptr_size(void *ptr);
/** Whether ptr is a live block of the chunk (NULL: of any). Reports nothing. */
SPACES_API SpacesPointerStatus spaces_chunk_ptr_check(SpacesChunk chunk, void *ptr);

/** A block at a multiple of `alignment`, a power of two; NULL on failure. */
SPACES_API void *spaces_chunk_alloc_aligned(SpacesChunk chunk, size_t size, size_t alignment,
                                            unsigned flags);
/** A block where (block + offset) is a multiple of `alignment`; where offset is
 *  not one itself, the block has slabs of its own (64 KiB). */
SPACES_API void *spaces_chunk_alloc_aligned_offset(SpacesChunk chunk, size_t size, size_t alignment,
                                                   size_t offset, unsigned flags);
/** Free a block of one of these; 1, or 0 on failure. */
SPACES_API int spaces_chunk_free_aligned(void *ptr);
/** spaces_chunk_realloc that keeps the alignment asked for. */
SPACES_API void *spaces_chunk_realloc_aligned(void *ptr, size_t size, size_t alignment,
                                              unsigned flags);
/** The same where (block + offset) is to be aligned. */
SPACES_API void *spaces_chunk_realloc_aligned_offset(void *ptr, size_t size, size_t alignment,
                                                     size_t offset, unsigned flags);
/** Usable bytes of an aligned block, or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_size_aligned(void *ptr);
/** Whether ptr is an intact live block of the chunk (NULL: of any). */
SPACES_API SpacesChunkStatus spaces_chunk_check_aligned(SpacesChunk chunk, void *ptr);

/** Pages, the steps in which slabs are put to use and counted: rounded up to a
 *  power of two of 4 KiB to 64 KiB. The previous size, 0 on error. */
SPACES_API unsigned spaces_chunk_set_page_size(SpacesChunk chunk, unsigned size);
/** Let pages be smaller than the page size while the chunk is small: a sixteenth of
 *  its footprint, from 4 KiB up. Saves space in many small chunks; off at first. 1 or 0. */
SPACES_API int spaces_chunk_set_page_resizing(SpacesChunk chunk, int enable);
/** How blocks below the small-block threshold are kept; those that exist stay as they
 *  are. In areas and shared chunks only SPACES_SMALL_NONE. 1 or 0. */
SPACES_API int spaces_chunk_set_small_allocator(SpacesChunk chunk, SpacesSmallAllocator alg);
/** The threshold, in bytes: smaller blocks are the small-block allocator's, larger
 *  ones (up to max_suballoc) are packed by size, aligned to 16, and join again when
 *  they are freed. 0: all are. At first 256; for the default chunk 65535. 1 or 0. */
SPACES_API int spaces_chunk_set_small_block_size(SpacesChunk chunk, unsigned short size);
/** Size of spaces_chunk_alloc_fixed's blocks; not once there are some. 1 or 0. */
SPACES_API int spaces_chunk_set_block_size(SpacesChunk chunk, unsigned short size);
/** Empty slabs that the chunk keeps for reuse, in bytes; the previous value. */
SPACES_API size_t spaces_chunk_set_free_bytes(SpacesChunk chunk, size_t bytes);
/** Memory that the chunk takes at a time, in bytes; the previous value. */
SPACES_API size_t spaces_chunk_set_grow_increment(SpacesChunk chunk, size_t inc);
/** Largest block carved from a slab, at most 64 KiB; larger ones get pages of
 *  their own. The previous value. */
SPACES_API unsigned spaces_chunk_set_max_suballoc(SpacesChunk chunk, unsigned size);
/** Sets of free lists a serialised chunk may have against contention, 1 to 256. 1 or 0. */
SPACES_API int spaces_chunk_set_max_subchunks(SpacesChunk chunk, unsigned count);
/** Lock or do not lock the chunk on each call; the previous setting. Not while
 *  another thread uses it. */
SPACES_API int spaces_chunk_set_serialization(SpacesChunk chunk, int enable);
/** Take memory before it is needed, as free blocks of a type; the bytes added,
 *  or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_preallocate(SpacesChunk chunk, size_t bytes, SpacesBlockType type);
/** Give empty slabs back to the operating system, down to the floor; the bytes given. */
SPACES_API size_t spaces_chunk_shrink(SpacesChunk chunk);
/** Cap the chunk's footprint; the previous ceiling, or SPACES_ERROR_RET. A
 *  ceiling below the footprint or the floor has no effect. SPACES_ERROR_RET as
 *  ceiling lifts it. */
SPACES_API size_t spaces_chunk_set_ceiling(SpacesChunk chunk, size_t ceiling);
/** Footprint that shrinking preserves; the previous floor, or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_set_floor(SpacesChunk chunk, size_t floor);
/** Memory taken from the operating system for this chunk, or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_size(SpacesChunk chunk);
/** Allocations minus frees, or SPACES_ERROR_RET. */
SPACES_API size_t spaces_chunk_count(SpacesChunk chunk);
/** Facts about a chunk, or about the chunk that owns ptr; 1, or 0 on failure. */
SPACES_API int spaces_chunk_info(SpacesChunk chunk, void *ptr, SpacesChunkInfo *info);
/** The first of the process's chunks, into *info: SPACES_CHUNK_OK, or
 *  SPACES_CHUNK_END where there is none. all_tasks is ignored on Linux. */
SPACES_API SpacesChunkStatus spaces_chunk_first(SpacesChunkInfo *info, int all_tasks);
/** The chunk after info->chunk, into *info; SPACES_CHUNK_END after the last one.
 *  Chunks are neither made nor destroyed between the calls. */
SPACES_API SpacesChunkStatus spaces_chunk_next(SpacesChunkInfo *info, int all_tasks);
/** The next block after entry->entry, into *entry; set that to NULL before the
 *  first call. SPACES_CHUNK_OK, SPACES_CHUNK_END after the last block, or a
 *  corruption status. */
SPACES_API SpacesChunkStatus spaces_chunk_walk(SpacesChunk chunk, SpacesChunkEntry *entry);
/** Validate every block, reporting damage; 1, or 0 where there is some. */
SPACES_API int spaces_chunk_check(SpacesChunk chunk);
/** Exclusive access for the calling thread, counted; 1, or 0 on failure. */
SPACES_API int spaces_chunk_lock(SpacesChunk chunk);
/** Undo one spaces_chunk_lock; 1, or 0 where the calling thread does not hold it. */
SPACES_API int spaces_chunk_unlock(SpacesChunk chunk);

/* ---- errors ----------------------------------------------------------- */

/** Install a handler; returns the one before. NULL: failures are returned only. */
SPACES_API SpacesErrorFn spaces_set_error_handler(SpacesErrorFn fn);
/** The built-in handler: tells on stderr; asks abort/ignore/retry only where
 *  stdin is a terminal and the library was linked, not preloaded. */
SPACES_API int spaces_default_error_handler(SpacesErrorInfo *err);
/** To be called by a handler right before it leaves by longjmp or exception; to
 *  return after it is SPACES_ERR_INTERNAL. */
SPACES_API void spaces_error_unwind(void);
/** Called for each error before the handler, with nothing locked: a place for
 *  a debugger's breakpoint. Does nothing. */
SPACES_API void spaces_on_error(const SpacesErrorInfo *err);
/** Called in the debug build for blocks that a debugger, or SPACES_WATCH, waits for:
 *  a place for a breakpoint. Does nothing. */
SPACES_API void spaces_on_block(const SpacesBlockEvent *event);
/** Called where SPACES_LEAKS is on, once the program's exit handlers have run: a
 *  place for a debugger's breakpoint, to look for leaks. Does nothing. What lies
 *  below `stack` on the calling thread's stack is no longer the program's. */
SPACES_API void spaces_at_exit(const void *stack);

/** Path of the Unix socket that reports are written to: SPACES_REPORT_SOCKET, or
 *  what a debugger puts there, which it may do at any time; "" for none. */
SPACES_API extern char spaces_report_socket[108];

/* ---- process ---------------------------------------------------------- */

/** Settings and totals; 1, or 0 where info is NULL. */
SPACES_API int spaces_process_info(SpacesProcessInfo *info);
/** Memory asked from the system at a time when chunks need some: rounded up to
 *  64 KiB, at most 4 MiB. The previous value. */
SPACES_API size_t spaces_process_set_grow_increment(size_t size);
/** Free memory kept before some is given back to the system; the previous value. */
SPACES_API size_t spaces_process_set_free_bytes(size_t size);
/** How many bytes of recycled pages stay in memory for reuse, for runs of
 *  page_multiple pages of 64 KiB (1 to 63; 0: for each); what is freed beyond that
 *  is discarded at once. No bound at first. The previous bound of that multiple (0:
 *  of 1), or SPACES_ERROR_RET. */
SPACES_API size_t spaces_process_set_page_cache_size(int page_multiple, size_t size);
/** Size above which a freed block goes back to the system at once; the previous value. */
SPACES_API size_t spaces_process_set_large_threshold(size_t size);
/** Give back address space as well as memory; the previous setting. */
SPACES_API int spaces_process_use_munmap(int enable);
/** Join neighbouring freed regions from the system into one; the previous setting. */
SPACES_API int spaces_process_coalesce_allocs(int enable);
/** Give all free memory back to the system. */
SPACES_API void spaces_process_flush_all(void);
/** Take no locks around fork; the program then forks only where nothing allocates. */
SPACES_API void spaces_process_disable_fork_handlers(void);
/** Cap on memory taken from the system; the previous cap. */
SPACES_API size_t spaces_process_set_heap_limit(size_t size);

#ifdef __cplusplus
}
#endif
#endif
