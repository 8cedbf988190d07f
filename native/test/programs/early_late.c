/* early_late.c - allocate before main, in constructors of every priority, and after it, in
 * atexit handlers and destructors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *early[3];

static char *make(const char *text)
{
    return strcpy(malloc(strlen(text) + 1), text);
}

__attribute__((constructor(101))) static void first(void)
{
    early[0] = make("first");
}
__attribute__((constructor(60000))) static void second(void)
{
    early[1] = realloc(make("second"), 5000);
}
__attribute__((constructor)) static void third(void)
{
    early[2] = make("third");
}

static void use(void)
{
    char *p = calloc(1, 3000), *q = aligned_alloc(256, 512);
    p = realloc(p, 30000);
    free(p);
    free(q);
}

static void at_exit(void)
{
    use();
    free(early[0]);
}
__attribute__((destructor(101))) static void last(void)
{
    use();
    free(early[1]);
    free(early[2]);
}
__attribute__((destructor)) static void before_last(void)
{
    use();
}

int main(void)
{
    atexit(at_exit);
    printf("%s %s %s\n", early[0], early[1], early[2]);
    return 0;
}
