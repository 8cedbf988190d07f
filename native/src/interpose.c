/* interpose.c - libc's names for the malloc family, so that a program which is
 * linked or preloaded with the library uses it throughout. Left out of
 * libspaces-chunk.a and where SPACES_NO_MALLOC is defined. */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "../include/spaces.h"
#include "block.h"
#include "chunk.h"
#include "format.h"
#include "malloc.h"
#include "os.h"
#include "root.h"
#include "segment.h"

#ifdef SPACES_NO_MALLOC
int spaces_malloc_linked = 0;
#else
int spaces_malloc_linked = 1;

#define PAGE 4096u

SP_EXPORT void *malloc(size_t size)
{
    return sp_malloc(size, SP_FAMILY_MALLOC, "malloc");
}
SP_EXPORT void free(void *ptr)
{
    sp_free(ptr, SP_FAMILY_MALLOC, "free");
}
SP_EXPORT void *calloc(size_t nobj, size_t size)
{
    return spaces_calloc(nobj, size);
}
SP_EXPORT void *realloc(void *ptr, size_t size)
{
    return spaces_realloc(ptr, size);
}

SP_EXPORT void *reallocarray(void *ptr, size_t nobj, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(nobj, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return spaces_realloc(ptr, total);
}

SP_EXPORT void *memalign(size_t alignment, size_t size)
{
    return sp_aligned(alignment, size, SP_FAMILY_MALLOC, "memalign");
}

SP_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return sp_aligned(alignment, size, SP_FAMILY_MALLOC, "aligned_alloc");
}

SP_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) || !sp_is_power_of_two(alignment))
        return EINVAL;
    int saved = errno;
    void *block = sp_aligned(alignment, size, SP_FAMILY_MALLOC, "posix_memalign");
    errno = saved;
    if (!block)
        return ENOMEM;
    *out = block;
    return 0;
}

SP_EXPORT void *valloc(size_t size)
{
    return sp_aligned(PAGE, size, SP_FAMILY_MALLOC, "valloc");
}

SP_EXPORT void *pvalloc(size_t size)
{
    return sp_aligned(PAGE, sp_round_up(size, PAGE), SP_FAMILY_MALLOC, "pvalloc");
}

SP_EXPORT void cfree(void *ptr)
{
    sp_free(ptr, SP_FAMILY_MALLOC, "cfree");
}

SP_EXPORT void free_sized(void *ptr, size_t size)
{
    (void)size;
    sp_free(ptr, SP_FAMILY_MALLOC, "free_sized");
}

SP_EXPORT void free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
    (void)alignment, (void)size;
    sp_free(ptr, SP_FAMILY_MALLOC, "free_aligned_sized");
}

SP_EXPORT size_t malloc_usable_size(void *ptr)
{
    return spaces_usable_size(ptr);
}

SP_EXPORT int malloc_trim(size_t pad)
{
    SpChunk *chunk = sp_chunk_default();
    uint64_t given = chunk ? sp_chunk_shrink(chunk) : 0;
    return given + sp_pool_trim(pad) > 0;
}

/* Parameters of another allocator's insides: accepted, as programs expect. */
SP_EXPORT int mallopt(int parameter, int value)
{
    (void)parameter, (void)value;
    return 1;
}

static void totals(uint64_t *footprint, uint64_t *free_bytes, uint64_t *large_count,
                   uint64_t *large_bytes)
{
    *footprint = *large_count = *large_bytes = 0;
    *free_bytes = sp_load(&spaces_heap_root.total_free);
    for (uint64_t i = 0; i < sp_load(&spaces_heap_root.chunk_count); i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (!chunk)
            continue;
        *footprint += sp_load(&chunk->footprint);
        *large_count += sp_load(&chunk->large_count);
        *large_bytes += sp_load(&chunk->large_bytes);
    }
}

SP_EXPORT struct mallinfo2 mallinfo2(void)
{
    uint64_t footprint, free_bytes, large_count, large_bytes;
    totals(&footprint, &free_bytes, &large_count, &large_bytes);
    struct mallinfo2 info;
    memset(&info, 0, sizeof info);
    info.arena = sp_load(&spaces_heap_root.heap_total) - large_bytes;
    info.hblks = large_count;
    info.hblkhd = large_bytes;
    info.uordblks = footprint;
    info.fordblks = free_bytes;
    return info;
}

static int clamp(uint64_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

SP_EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info;
    memset(&info, 0, sizeof info);
    info.arena = clamp(wide.arena);
    info.hblks = clamp(wide.hblks);
    info.hblkhd = clamp(wide.hblkhd);
    info.uordblks = clamp(wide.uordblks);
    info.fordblks = clamp(wide.fordblks);
    return info;
}

SP_EXPORT void malloc_stats(void)
{
    struct mallinfo2 info = mallinfo2();
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "spaces: from the system ");
    sp_text_add_unsigned(&text, info.arena + info.hblkhd);
    sp_text_add(&text, " bytes, in chunks ");
    sp_text_add_unsigned(&text, info.uordblks);
    sp_text_add(&text, ", free ");
    sp_text_add_unsigned(&text, info.fordblks);
    sp_text_add(&text, ", large blocks ");
    sp_text_add_unsigned(&text, info.hblks);
    sp_text_add(&text, "\n");
    sp_os_write(2, text.bytes, text.length);
}

#endif
