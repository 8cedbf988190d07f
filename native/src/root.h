/* root.h - the root of the heap, its initialisation, and its tables. */
#ifndef SPACES_ROOT_H
#define SPACES_ROOT_H

#include "base.h"

/* What debuggers and readers start from. Exported. */
SP_EXPORT extern SpRoot spaces_heap_root;

/* In process.c. Referred to, so that whoever links an archive's root links its start and end. */
SP_HIDDEN extern const uint8_t sp_process_linked;

/* Bring the allocator up; idempotent, thread-safe, callable before libc is
 * ready. False where the system refuses even the tables. */
SP_HIDDEN bool sp_init(void);

static inline bool sp_ready(void)
{
    return sp_load_acquire(&spaces_heap_root.checksum) != 0;
}

/* Enter an address in a table of the root / clear it. The index, or UINT32_MAX
 * where the table is full. Thread-safe. */
SP_HIDDEN uint32_t sp_root_add_segment(SpSegment *segment);
SP_HIDDEN void sp_root_drop_segment(SpSegment *segment);
SP_HIDDEN uint32_t sp_root_add_chunk(SpChunk *chunk);
SP_HIDDEN void sp_root_drop_chunk(SpChunk *chunk);
/* Entry i, or NULL where vacant or out of range. */
SP_HIDDEN SpChunk *sp_root_chunk(uint64_t index);
SP_HIDDEN SpSegment *sp_root_segment(uint64_t index);

/* Count memory that is about to be taken from the system against the heap
 * limit; false where it does not fit. Undo with sp_root_uncharge. */
SP_HIDDEN bool sp_root_charge(uint64_t bytes);
SP_HIDDEN void sp_root_uncharge(uint64_t bytes);

SP_HIDDEN void sp_root_fork_lock(void);
SP_HIDDEN void sp_root_fork(bool child);

#endif
