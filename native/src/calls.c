/* calls.c - see calls.h: the verdict on an access, and strings. */
#include "calls.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <string.h>

#include "access.h"
#include "settings.h"

/* The verdict: raised, or true where all `count` bytes are a live block's. */
static bool judge(const char *function, const SpBlockPlace *place, const void *p, size_t count,
                  SpAccess access)
{
    SpAccessed accessed = {.address = p, .size = count, .access = access, .function = function};
    if (sp_likely(sp_access_is_good(place, &accessed)))
        return true;
    /* An area's bytes are its owner's, who may copy all of it. */
    bool inside = (uint64_t)((const char *)p - place->pointer) < place->size;
    if (inside || !place->in_area)
        sp_access_raise(place, &accessed);
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
