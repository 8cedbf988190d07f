/* plugins.c - load and unload a module 200 times; its blocks outlive it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    void *kept[200];
    for (int i = 0; i < 200; i++) {
        void *module = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
        if (!module) {
            fprintf(stderr, "plugins: %s\n", dlerror());
            return 1;
        }
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(module, "plugin_make");
        kept[i] = make((size_t)i * 50 + 1);
        if (!kept[i] || dlclose(module))
            return 2;
    }
    for (int i = 0; i < 200; i++)
        free(kept[i]);
    puts("done");
    return 0;
}
