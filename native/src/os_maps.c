/* os_maps.c - which memory this process may write, from /proc/self/maps read
 * piece by piece: the allocator asks before it trusts memory that somebody
 * handed to it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os.h"

/* A line is "start-end rwxp ...": what is known of it so far. */
typedef struct Line {
    uint64_t number[2];
    int field; /* 0 start, 1 end, 2 to 5 the letters, then the rest */
    bool readable, writable;
} Line;

static void take_letter(Line *line, char c)
{
    if (line->field < 2) {
        if (c == '-' || c == ' ')
            line->field++;
        else
            line->number[line->field] = line->number[line->field] << 4 |
                                        (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        return;
    }
    if (line->field == 2)
        line->readable = c == 'r';
    if (line->field == 3)
        line->writable = c == 'w';
    if (line->field < 6)
        line->field++;
}

/* Move *from to the end of a line's mapping if it lies in it; false where it
 * lies in a hole or in what must not be written. */
static bool advance(const Line *line, uint64_t *from)
{
    if (line->number[1] <= *from)
        return true;
    if (line->number[0] > *from || !line->readable || !line->writable)
        return false;
    *from = line->number[1];
    return true;
}

/* Without /proc: a page that is not mapped makes mincore fail. */
static bool is_mapped(uint64_t from, uint64_t end)
{
    unsigned char state[64];
    const uint64_t step = sizeof state * 4096;
    for (uint64_t at = from & ~UINT64_C(4095); at < end; at += step) {
        uint64_t length = end - at < step ? end - at : step;
        if (mincore((void *)(uintptr_t)at, length, state) != 0)
            return false;
    }
    return true;
}

static bool writable(uint64_t from, uint64_t end)
{
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return is_mapped(from, end);
    char buffer[4096];
    Line line = {.field = 0};
    bool sound = true;
    ssize_t count;
    while (sound && from < end &&
           ((count = read(file, buffer, sizeof buffer)) > 0 || (count < 0 && errno == EINTR))) {
        for (ssize_t i = 0; i < count && sound && from < end; i++) {
            if (buffer[i] != '\n') {
                take_letter(&line, buffer[i]);
                continue;
            }
            sound = advance(&line, &from);
            line = (Line){.field = 0};
        }
    }
    close(file);
    return sound && from >= end;
}

bool sp_os_writable(const void *address, uint64_t bytes)
{
    int saved = errno;
    bool yes = writable((uintptr_t)address, (uintptr_t)address + bytes);
    errno = saved;
    return yes;
}
