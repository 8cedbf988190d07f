/* access.c - see access.h. */
#include "access.h"

#if SP_DEBUG

#include <errno.h>

#include "inspect.h"

static SpDamageKind damage_of(SpKind kind)
{
    return kind == SP_KIND_OVERFLOW    ? SP_DAMAGE_OVERFLOW
           : kind == SP_KIND_UNDERFLOW ? SP_DAMAGE_UNDERFLOW
                                       : SP_DAMAGE_WRITE_AFTER_FREE;
}

static bool told(const SpError *error)
{
    uint64_t what = ((uint64_t)error->kind << 56) + error->access;
    if (error->access == SP_ACCESS_WRITE)
        sp_inspect_told(error->address, error->sequence, damage_of(error->kind));
    /* A call that was told goes on and may run into a closed page. */
    bool before = sp_inspect_told(error->address, error->sequence, what);
    if (error->fault)
        return before;
    uintptr_t caller = 0;
    sp_unwind(&caller, 1);
    return sp_inspect_told(error->address, error->sequence, what + caller);
}

SP_COLD void sp_access_raise(const SpBlockPlace *place, const SpAccessed *accessed)
{
    int64_t offset = (const char *)accessed->address - place->pointer;
    SpKind kind = place->state != SP_RECORD_LIVE ? SP_KIND_USE_AFTER_FREE
                  : offset < 0                   ? SP_KIND_UNDERFLOW
                                                 : SP_KIND_OVERFLOW;
    SpError error = {.kind = kind,
                     .code = kind == SP_KIND_USE_AFTER_FREE ? SPACES_ERR_BAD_FREE_BLOCK
                                                            : SPACES_ERR_BAD_BLOCK,
                     .function = accessed->function,
                     .access = accessed->access,
                     .access_size = accessed->size,
                     .access_offset = offset,
                     .fault = accessed->fault,
                     .offset = offset,
                     .arg_ptr = accessed->address,
                     .arg_size = accessed->size};
    /* The first bad byte. */
    if (kind == SP_KIND_OVERFLOW && offset < (int64_t)place->size)
        error.offset = (int64_t)place->size;
    sp_block_tell(place, &error);
    int saved = errno;
    if (!told(&error))
        sp_error_raise(&error);
    errno = saved;
}

#endif
