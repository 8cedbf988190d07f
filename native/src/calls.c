/* calls.c - see calls.h: the verdict on an access, and strings. */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <errno.h>
#include <string.h>

#include "block.h"
#include "inspect.h"
#include "settings.h"
#include "unwind.h"

/* Whether the same call has told the same of the same block; and what a later check would find
 * of this is not to be told again. */
static bool told(const SpError *error)
{
    uintptr_t caller = 0;
    sp_unwind(&caller, 1);
    if (error->access == SP_ACCESS_WRITE)
        sp_inspect_told(error->address, error->sequence,
                        error->kind == SP_KIND_OVERFLOW    ? SP_DAMAGE_OVERFLOW
                        : error->kind == SP_KIND_UNDERFLOW ? SP_DAMAGE_UNDERFLOW
                                                           : SP_DAMAGE_WRITE_AFTER_FREE);
    return sp_inspect_told(error->address, error->sequence,
                           caller + ((uint64_t)error->kind << 56) + error->access);
}

static SP_COLD void raise(const char *function, const SpBlockPlace *place, SpKind kind,
                          int64_t offset, size_t count, SpAccess access)
{
    SpError error = {.kind = kind,
                     .code = kind == SP_KIND_USE_AFTER_FREE ? SPACES_ERR_BAD_FREE_BLOCK
                                                            : SPACES_ERR_BAD_BLOCK,
                     .function = function,
                     .access = access,
                     .access_size = count,
                     .access_offset = offset,
                     .offset = offset,
                     .arg_ptr = place->pointer + offset,
                     .arg_size = count};
    /* The first bad byte. */
    if (kind == SP_KIND_OVERFLOW && offset < (int64_t)place->size)
        error.offset = (int64_t)place->size;
    sp_block_tell(place, &error);
    int saved = errno;
    if (!told(&error))
        sp_error_raise(&error);
    errno = saved;
}

/* The verdict: raised, or true where all `count` bytes are a live block's. */
static bool judge(const char *function, const SpBlockPlace *place, const void *p, size_t count,
                  SpAccess access)
{
    int64_t offset = (const char *)p - place->pointer;
    bool inside = offset >= 0 && (uint64_t)offset < place->size;
    if (sp_likely(inside && place->state == SP_RECORD_LIVE &&
                  count <= place->size - (uint64_t)offset))
        return true;
    /* An area's bytes are its owner's, who may copy all of it. */
    if (place->in_area && !inside)
        return false;
    SpKind kind = place->state != SP_RECORD_LIVE ? SP_KIND_USE_AFTER_FREE
                  : offset < 0                   ? SP_KIND_UNDERFLOW
                                                 : SP_KIND_OVERFLOW;
    raise(function, place, kind, offset, count, access);
    return false;
}

void sp_call_check(const char *function, const void *p, size_t count, SpAccess access)
{
    SpBlockPlace place;
    if (sp_settings.check_calls && sp_block_place(p, &place))
        judge(function, &place, p, count, access);
}

size_t sp_call_room_in(const char *function, const void *p, SpAccess access)
{
    SpBlockPlace place;
    if (!sp_settings.check_calls || !sp_block_place(p, &place) ||
        !judge(function, &place, p, 1, access))
        return SIZE_MAX;
    return place.size - (size_t)((const char *)p - place.pointer);
}

size_t sp_call_length(const char *function, const char *string, size_t most)
{
    size_t room = sp_call_room(function, string, SP_ACCESS_READ);
    size_t limit = room < most ? room : most;
    size_t length = limit == SIZE_MAX ? strlen(string) : strnlen(string, limit);
    if (sp_likely(length < limit || limit == most))
        return length;
    sp_call_check(function, string, room + 1, SP_ACCESS_READ);
    return most == SIZE_MAX ? strlen(string) : strnlen(string, most);
}

size_t sp_call_wide_length(const char *function, const wchar_t *string, size_t most)
{
    size_t room = sp_call_room(function, string, SP_ACCESS_READ);
    size_t limit = room == SIZE_MAX ? SIZE_MAX : room / sizeof(wchar_t);
    if (limit > most)
        limit = most;
    size_t length = limit == SIZE_MAX ? SP_REAL(wcslen)(string) : SP_REAL(wcsnlen)(string, limit);
    if (sp_likely(length < limit || limit == most))
        return length;
    sp_call_check(function, string, (limit + 1) * sizeof(wchar_t), SP_ACCESS_READ);
    return most == SIZE_MAX ? SP_REAL(wcslen)(string) : SP_REAL(wcsnlen)(string, most);
}

#endif
