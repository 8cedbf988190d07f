/* plugin.c - a module that allocates, for a program that loads and unloads it. */
#include <stdlib.h>
#include <string.h>

void *plugin_make(size_t size)
{
    void *p = malloc(size);
    if (p)
        memset(p, 1, size);
    return p;
}
