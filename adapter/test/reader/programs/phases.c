/* phases.c - a heap that changes when it is told to: each byte on stdin is one
 * step, answered by a line. */
#include "tell.h"

#define COUNT 100

static void *small[COUNT], *middle[COUNT], *late[COUNT];

static void wait_for_step(void)
{
    char unused;
    if (read(0, &unused, 1) != 1)
        _exit(0);
}

static void answer(void)
{
    if (write(1, "\n", 1) != 1)
        _exit(1);
}

int main(void)
{
    char line[64];
    for (int i = 0; i < COUNT; i++) {
        small[i] = malloc(64);
        middle[i] = malloc(1000);
    }
    int length = snprintf(line, sizeof line, "{\"root\":\"%p\",\"small\":\"%p\"}\n",
                          dlsym(RTLD_DEFAULT, "spaces_heap_root"), (void *)small);
    if (write(1, line, (size_t)length) != length)
        return 1;
    wait_for_step();
    for (int i = 0; i < 20; i++)
        free(small[i]);
    for (int i = 0; i < 30; i++)
        late[i] = malloc(5000);
    answer();
    wait_for_step();
    for (int i = 0; i < 30; i++)
        free(late[i]);
    answer();
    wait_for_step();
    return 0;
}
