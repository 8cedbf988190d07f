/* tell.h - for programs whose heap a test reads: tell in one line of JSON what
 * is known, then wait until stdin closes. Allocates nothing. */
#ifndef SPACES_TEST_TELL_H
#define SPACES_TEST_TELL_H

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char tell_buffer[1 << 22];
static size_t tell_used;

__attribute__((format(printf, 1, 2))) static inline void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell_used += (size_t)vsnprintf(tell_buffer + tell_used, sizeof tell_buffer - tell_used, format,
                                   arguments);
    va_end(arguments);
}

/* Where the heap starts, as "root". */
static inline void tell_root(void)
{
    tell("{\"root\":\"%p\"", dlsym(RTLD_DEFAULT, "spaces_heap_root"));
}

static inline void tell_pointers(const char *name, void *const *pointers, size_t count)
{
    tell(",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        tell("%s\"%p\"", i ? "," : "", pointers[i]);
    tell("]");
}

static inline void tell_numbers(const char *name, const size_t *numbers, size_t count)
{
    tell(",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        tell("%s%zu", i ? "," : "", numbers[i]);
    tell("]");
}

static inline void tell_and_wait(void)
{
    char unused;
    tell("}\n");
    for (size_t done = 0; done < tell_used;)
        done += (size_t)write(1, tell_buffer + done, tell_used - done);
    while (read(0, &unused, 1) > 0) {
    }
}

#endif
