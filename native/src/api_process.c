/* api_process.c - the public functions about the process as a whole: settings of
 * the pool that feeds all chunks, and totals. */
#include "../include/spaces.h"
#include "api.h"
#include "process.h"
#include "segment.h"

int spaces_process_info(SpacesProcessInfo *info)
{
    if (!info)
        return 0;
    const SpRoot *root = &spaces_heap_root;
    info->growIncrement = sp_load(&root->grow_increment);
    info->freeBytes = sp_load(&root->free_bytes);
    info->largeBlockThreshold = sp_load(&root->large_threshold);
    info->heapLimit = sp_load(&root->heap_limit);
    info->heapTotal = sp_load(&root->heap_total);
    info->totalFree = sp_load(&root->total_free);
    info->useMunmap = (int)sp_load(&root->use_munmap);
    info->coelesceSystemAllocs = (int)sp_load(&root->coalesce);
    return 1;
}

size_t spaces_process_set_heap_limit(size_t size)
{
    return sp_exchange(&spaces_heap_root.heap_limit, size);
}

size_t spaces_process_set_grow_increment(size_t size)
{
    uint64_t step = size > SP_SEGMENT_SIZE ? SP_SEGMENT_SIZE : sp_round_up(size, SP_SLAB_SIZE);
    return sp_exchange(&spaces_heap_root.grow_increment, step ? step : SP_SLAB_SIZE);
}

size_t spaces_process_set_free_bytes(size_t size)
{
    size_t before = sp_exchange(&spaces_heap_root.free_bytes, size);
    sp_pool_trim(size);
    return before;
}

size_t spaces_process_set_page_cache_size(int page_multiple, size_t size)
{
    if (page_multiple < 0 || page_multiple > (int)SP_RUN_MAX) {
        sp_refuse_call(&(SpError){.function = "spaces_process_set_page_cache_size",
                                  .code = SPACES_ERR_BAD_FLAGS,
                                  .detail = "the multiple of pages must be 0 to 63",
                                  .arg_count = (uint64_t)page_multiple,
                                  .arg_size = size});
        return SPACES_ERROR_RET;
    }
    return sp_pool_set_cache((uint32_t)page_multiple, size);
}

size_t spaces_process_set_large_threshold(size_t size)
{
    return sp_exchange(&spaces_heap_root.large_threshold, size);
}

int spaces_process_use_munmap(int enable)
{
    return (int)sp_exchange(&spaces_heap_root.use_munmap, enable != 0);
}

int spaces_process_coalesce_allocs(int enable)
{
    return (int)sp_exchange(&spaces_heap_root.coalesce, enable != 0);
}

void spaces_process_flush_all(void)
{
    sp_pool_trim(0);
}

void spaces_process_disable_fork_handlers(void)
{
    sp_process_skip_fork_handlers();
}
