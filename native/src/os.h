/* os.h - the contract with the operating system. Nothing else in the allocator
 * asks for memory, sleeps or asks who it is. No function changes errno. */
#ifndef SPACES_OS_H
#define SPACES_OS_H

#include "base.h"

/* Fresh zeroed pages, `align` a power of two of at least 4096; NULL if refused. */
SP_HIDDEN void *sp_os_map(size_t bytes, size_t align);
/* Address space that costs memory only where touched; NULL if refused. */
SP_HIDDEN void *sp_os_reserve(size_t bytes);
/* Give pages and address space back. */
SP_HIDDEN void sp_os_unmap(void *address, size_t bytes);
/* Give the memory back, keep the address space; reads as zero afterwards. */
SP_HIDDEN void sp_os_discard(void *address, size_t bytes);
/* Whether a core file of the process holds these pages. */
SP_HIDDEN void sp_os_keep_in_cores(void *address, size_t bytes, bool keep);
/* Let pages be read and written, or not be touched at all. */
SP_HIDDEN void sp_os_protect(void *address, size_t bytes, bool accessible);
/* Keep pages in memory; false where the system's limit forbids. */
SP_HIDDEN bool sp_os_pin(void *address, size_t bytes);
SP_HIDDEN void sp_os_unpin(void *address, size_t bytes);
/* Whether this process has one thread, as far as libc knows: then nobody else changes what the
 * caller does, until it starts one. */
extern char __libc_single_threaded __attribute__((weak));
static inline bool sp_os_is_alone(void)
{
    return &__libc_single_threaded && sp_load(&__libc_single_threaded);
}
/* Sleep while *word == value; may return early. */
SP_HIDDEN void sp_os_wait(uint32_t *word, uint32_t value);
SP_HIDDEN void sp_os_wake(uint32_t *word, int count);
/* Sleep at least this long, unless a signal comes. */
SP_HIDDEN void sp_os_sleep(uint32_t microseconds);
/* Kernel id of the calling thread, cached. */
SP_HIDDEN uint32_t sp_os_thread_id(void);
/* To be called in the child of a fork: forget cached ids. */
SP_HIDDEN void sp_os_forget_ids(void);
SP_HIDDEN uint32_t sp_os_process_id(void);
/* Milliseconds since the epoch. */
SP_HIDDEN uint64_t sp_os_time(void);
SP_HIDDEN uint64_t sp_os_random(void);
/* Write all of it to a descriptor, in one call where the kernel allows. */
SP_HIDDEN void sp_os_write(int fd, const void *bytes, size_t count);

/* ---- os_maps.c -------------------------------------------------------------- */

/* Whether all of a range may be read and written. Where the system does not
 * tell (no /proc), whether it is mapped. */
SP_HIDDEN bool sp_os_writable(const void *address, uint64_t bytes);

/* ---- os_segment.c: System V shared memory -------------------------------------- */

/* A new segment, mode 0600, or one that is there: its id, or -errno. */
SP_HIDDEN int sp_os_segment_create(int32_t key, uint64_t bytes);
SP_HIDDEN int sp_os_segment_open(int32_t key);
/* Attach at an address, or anywhere where that is NULL or taken: NULL with *error. */
SP_HIDDEN void *sp_os_segment_attach(int id, void *address, int *error);
SP_HIDDEN void sp_os_segment_detach(void *address);
/* Have it removed when nobody has it attached any more; its key is free at once. */
SP_HIDDEN void sp_os_segment_remove(int id);

typedef struct SpOsSegment {
    uint64_t bytes;
    uint64_t attached; /* how often it is, in all processes */
    uint32_t creator;  /* process id */
    bool ours;         /* its creator is this process's user */
    bool used;         /* it was ever attached */
} SpOsSegment;
/* What the system knows about it: 0 or -errno. */
SP_HIDDEN int sp_os_segment_stat(int id, SpOsSegment *out);

/* Whether there is a process, or a thread, of this id. */
SP_HIDDEN bool sp_os_process_lives(uint32_t id);

#endif
