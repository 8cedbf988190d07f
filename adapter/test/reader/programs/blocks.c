/* blocks.c - blocks of every size class and large ones, some freed again. */
#include <malloc.h>
#include <stdint.h>

#include "tell.h"

#define COUNT 600

static void *live[COUNT], *freed[COUNT];
static size_t sizes[COUNT], usable[COUNT];

static size_t size_of(int i)
{
    return i < 400   ? 1 + (size_t)i * 17 % 5000
           : i < 500 ? 8000 + (size_t)i * 131
                     : (size_t)i * 1003;
}

__attribute__((noinline)) static void *make(int i)
{
    void *block;
    size_t size = size_of(i);
    switch (i % 4) {
    case 0:
        return calloc(1, size);
    case 1:
        return realloc(malloc(size / 2 + 1), size);
    case 2:
        return posix_memalign(&block, (size_t)16 << i % 9, size) ? NULL : block;
    default:
        return malloc(size);
    }
}

int main(void)
{
    for (int i = 0; i < COUNT; i++) {
        live[i] = make(i);
        freed[i] = make(i);
        sizes[i] = size_of(i);
    }
    for (int i = 0; i < COUNT; i++)
        free(freed[i]);
    for (int i = 0; i < COUNT; i++) {
        usable[i] = malloc_usable_size(live[i]);
        memset(live[i], i, sizes[i]);
    }
    tell_root();
    tell_pointers("live", live, COUNT);
    tell_pointers("freed", freed, COUNT);
    tell_numbers("sizes", sizes, COUNT);
    tell_numbers("usable", usable, COUNT);
    tell(",\"code\":[\"%p\",\"%p\"]", (void *)(uintptr_t)make, (void *)(uintptr_t)main);
    tell_and_wait();
    return 0;
}
