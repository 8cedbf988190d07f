/* prototypes.c - every function of the API, declared a second time as the document has it: a
 * header that says otherwise does not compile beside it. header.py takes the names from here. */
#include "spaces.h"
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#else
void *malloc(size_t size);
void *calloc(size_t nobj, size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);
#endif

void spaces_core_init(void);
void *spaces_malloc(size_t size);
void *spaces_calloc(size_t nobj, size_t size);
void *spaces_realloc(void *ptr, size_t size);
void *spaces_memalign(size_t alignment, size_t size);
size_t spaces_usable_size(void *ptr);
void spaces_thread_cleanup(void);
int spaces_init(void);
int spaces_shutdown(void);
SpacesVersion spaces_version(void);
SpacesChunk spaces_init_default_chunk(void);
int spaces_free_default_chunk(void);
int spaces_default_chunk_thread_exclusive(unsigned flags);
SpacesChunk spaces_chunk_create(unsigned flags);
SpacesChunk spaces_chunk_create_fixed(unsigned short block_size, size_t count, unsigned flags);
SpacesChunk spaces_chunk_create_area(void *addr, size_t size, unsigned flags);
SpacesChunk spaces_chunk_create_area_ex(void *addr, size_t size, unsigned flags, void *security);
SpacesChunk spaces_chunk_create_shared(const char *name, size_t size, unsigned flags);
SpacesChunk spaces_chunk_attach_shared(SpacesChunk chunk, const char *name);
int spaces_chunk_destroy(SpacesChunk chunk);
void *spaces_chunk_alloc(SpacesChunk chunk, size_t size, unsigned flags);
void *spaces_chunk_alloc_fixed(SpacesChunk chunk);
void *spaces_chunk_alloc_aligned(SpacesChunk chunk, size_t size, size_t alignment, unsigned flags);
void *spaces_chunk_alloc_aligned_offset(SpacesChunk chunk, size_t size, size_t alignment,
                                        size_t offset, unsigned flags);
int spaces_chunk_free(void *ptr);
int spaces_chunk_free_fixed(void *ptr);
int spaces_chunk_free_aligned(void *ptr);
void *spaces_chunk_realloc(void *ptr, size_t size, unsigned flags);
void *spaces_chunk_realloc_aligned(void *ptr, size_t size, size_t alignment, unsigned flags);
void *spaces_chunk_realloc_aligned_offset(void *ptr, size_t size, size_t alignment, size_t offset,
                                          unsigned flags);
size_t spaces_chunk_ptr_size(void *ptr);
size_t spaces_chunk_size_aligned(void *ptr);
SpacesPointerStatus spaces_chunk_ptr_check(SpacesChunk chunk, void *ptr);
SpacesChunkStatus spaces_chunk_check_aligned(SpacesChunk chunk, void *ptr);
unsigned spaces_chunk_set_page_size(SpacesChunk chunk, unsigned size);
int spaces_chunk_set_block_size(SpacesChunk chunk, unsigned short size);
int spaces_chunk_set_small_allocator(SpacesChunk chunk, SpacesSmallAllocator alg);
int spaces_chunk_set_small_block_size(SpacesChunk chunk, unsigned short size);
size_t spaces_chunk_set_floor(SpacesChunk chunk, size_t floor);
size_t spaces_chunk_set_ceiling(SpacesChunk chunk, size_t ceiling);
size_t spaces_chunk_set_free_bytes(SpacesChunk chunk, size_t bytes);
size_t spaces_chunk_set_grow_increment(SpacesChunk chunk, size_t inc);
unsigned spaces_chunk_set_max_suballoc(SpacesChunk chunk, unsigned size);
int spaces_chunk_set_max_subchunks(SpacesChunk chunk, unsigned count);
int spaces_chunk_set_serialization(SpacesChunk chunk, int enable);
int spaces_chunk_set_page_resizing(SpacesChunk chunk, int enable);
size_t spaces_chunk_preallocate(SpacesChunk chunk, size_t bytes, SpacesBlockType type);
size_t spaces_chunk_shrink(SpacesChunk chunk);
size_t spaces_chunk_size(SpacesChunk chunk);
size_t spaces_chunk_count(SpacesChunk chunk);
int spaces_chunk_info(SpacesChunk chunk, void *ptr, SpacesChunkInfo *info);
SpacesChunkStatus spaces_chunk_first(SpacesChunkInfo *info, int all_tasks);
SpacesChunkStatus spaces_chunk_next(SpacesChunkInfo *info, int all_tasks);
SpacesChunkStatus spaces_chunk_walk(SpacesChunk chunk, SpacesChunkEntry *entry);
int spaces_chunk_check(SpacesChunk chunk);
int spaces_chunk_lock(SpacesChunk chunk);
int spaces_chunk_unlock(SpacesChunk chunk);
SpacesErrorFn spaces_set_error_handler(SpacesErrorFn fn);
int spaces_default_error_handler(SpacesErrorInfo *err);
void spaces_error_unwind(void);
int spaces_process_info(SpacesProcessInfo *info);
size_t spaces_process_set_grow_increment(size_t size);
size_t spaces_process_set_free_bytes(size_t size);
size_t spaces_process_set_large_threshold(size_t size);
size_t spaces_process_set_heap_limit(size_t size);
int spaces_process_use_munmap(int enable);
int spaces_process_coalesce_allocs(int enable);
void spaces_process_flush_all(void);
void spaces_process_disable_fork_handlers(void);
size_t spaces_process_set_page_cache_size(int page_multiple, size_t size);

#ifdef __cplusplus
}
#endif
