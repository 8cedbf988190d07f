/*
 * error.h - the one funnel for errors. Whatever goes wrong is described in an
 * SpError and raised here: it gets a sentence and a call stack, is told to the
 * agent's socket, passes spaces_on_error (where a debugger may stop), and ends
 * at the handler, which is replaceable. Nothing else in the allocator reports,
 * prints or aborts.
 *
 * To be called with no lock held.
 */
#ifndef SPACES_ERROR_H
#define SPACES_ERROR_H

#include "../include/spaces.h"
#include "base.h"
#include "unwind.h"

typedef enum SpKind {
    SP_KIND_DOUBLE_FREE,
    SP_KIND_INVALID_FREE,
    SP_KIND_WRITE_AFTER_FREE, /* found afterwards */
    SP_KIND_USE_AFTER_FREE,   /* a read or write, at the access */
    SP_KIND_OVERFLOW,
    SP_KIND_UNDERFLOW,
    SP_KIND_MISMATCHED_FREE,
    SP_KIND_WRONG_THREAD,
    SP_KIND_METADATA,
    SP_KIND_CEILING,
    SP_KIND_HEAP_LIMIT,
    SP_KIND_OUT_OF_MEMORY,
    SP_KIND_BAD_ARGUMENT,
    SP_KIND_LEAK
} SpKind;

/* An access that was stopped or looked at before it happened. */
typedef enum SpAccess { SP_ACCESS_NONE, SP_ACCESS_READ, SP_ACCESS_WRITE } SpAccess;

typedef struct SpError {
    SpKind kind;
    SpacesErrorCode code;
    SpChunk *chunk;
    const void *address;  /* the block, or the pointer that was passed */
    uint64_t size;        /* of the block as asked for, or of the request */
    int64_t offset;       /* first bad byte, relative to address */
    const char *function; /* the call that failed, or NULL */
    const char *detail;   /* a clause for the message, or NULL */
    uint64_t sequence;
    uint32_t pass; /* of the block: which allocation of its stack; 0 not known */
    uint32_t thread;
    uint32_t alloc_stack, free_stack; /* depot ids */
    const uint8_t *bytes;             /* around the damage */
    uint32_t byte_count;
    int64_t bytes_offset; /* of bytes[0], relative to address */
    bool by_check;
    SpAccess access;       /* NONE: it is not known what did it */
    uint64_t access_size;  /* bytes of the access */
    const SpCaller *fault; /* the instruction that did it; NULL: the caller of the library */
    int64_t access_offset; /* of its first byte, relative to address */
    SpChunk *arg_chunk;
    const void *arg_ptr, *arg_buf;
    uint64_t arg_size, arg_count;
    unsigned arg_flags;
} SpError;

/* Tell everybody. Non-zero: the handler asks for a retry. */
SP_HIDDEN int sp_error_raise(const SpError *error);

/* Retries that a handler may ask for in one call: an error that cannot change
 * must not hang the program. */
#define SP_MAX_RETRIES 64

/* The kind that belongs to a failed allocation's error code. */
SP_HIDDEN SpKind sp_error_kind(SpacesErrorCode code);

/* Note damage found while a lock is held; sp_error_flush raises it. A thread
 * keeps one; further ones are found again by a check. */
SP_HIDDEN void sp_error_defer_damage(SpChunk *chunk, const void *block, uint64_t size);
SP_HIDDEN void sp_error_flush(void);

/* The handler as it is now. */
SP_HIDDEN SpacesErrorFn sp_error_handler(void);

#endif
