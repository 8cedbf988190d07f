/* libc_real.c - see libc_real.h and libc_own.h. */
#include "libc_real.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <dlfcn.h>
#include <string.h>

SpRealCalls sp_real_calls;

void sp_real_find(void)
{
    static const struct {
        const char name[20];
        uint32_t offset;
    } calls[] = {
#define NAMED(type, name, parameters) {#name, (uint32_t)offsetof(SpRealCalls, name)},
        SP_REAL_ALL(NAMED)
#undef NAMED
    };
    /* Several threads may come here at once: they find the same. */
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        sp_store((void **)(void *)((char *)&sp_real_calls + calls[i].offset),
                 dlsym(RTLD_NEXT, calls[i].name));
    sp_store_release(&sp_real_calls.ready, true);
}

void *sp_real_seldom(void **slot, const char *name)
{
    void *found = sp_load(slot);
    if (!found)
        sp_store(slot, found = dlsym(RTLD_NEXT, name));
    return found;
}

/* ---- the library's own calls ------------------------------------------------ */

/* What libc would do, before it can be asked. The instruction in place of a loop: the
 * compiler knows a loop that copies, and makes a call of it. */
static void copy_up(void *to, const void *from, size_t count)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

void *memmove(void *to, const void *from, size_t count)
{
    if (sp_likely(sp_real_calls.memmove != NULL))
        return sp_real_calls.memmove(to, from, count);
    if ((uintptr_t)to - (uintptr_t)from >= count) {
        copy_up(to, from, count);
        return to;
    }
    for (volatile char *byte = (char *)to + count; count--;)
        *--byte = ((const char *)from)[count];
    return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
    if (sp_likely(sp_real_calls.memmove != NULL))
        return sp_real_calls.memmove(to, from, count);
    copy_up(to, from, count);
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    if (sp_likely(sp_real_calls.memset != NULL))
        return sp_real_calls.memset(to, byte, count);
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(byte) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    if (sp_likely(sp_real_calls.memcmp != NULL))
        return sp_real_calls.memcmp(a, b, count);
    for (size_t i = 0; i < count; i++) {
        int differ = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
        if (differ)
            return differ;
    }
    return 0;
}

size_t strlen(const char *string)
{
    if (sp_likely(sp_real_calls.strlen != NULL))
        return sp_real_calls.strlen(string);
    const volatile char *at = string;
    while (*at)
        at++;
    return (size_t)(at - string);
}

size_t strnlen(const char *string, size_t most)
{
    size_t length = 0;
    if (sp_likely(sp_real_calls.strnlen != NULL))
        return sp_real_calls.strnlen(string, most);
    while (length < most && ((const volatile char *)string)[length])
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t most)
{
    if (sp_likely(sp_real_calls.strncmp != NULL))
        return sp_real_calls.strncmp(a, b, most);
    for (size_t i = 0; i < most; i++) {
        int differ = (unsigned char)a[i] - (unsigned char)b[i];
        if (differ || !a[i])
            return differ;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, PTRDIFF_MAX);
}

char *strcpy(char *to, const char *from)
{
    memcpy(to, from, strlen(from) + 1);
    return to;
}

#endif
