/* expect: invalid-free at=@at
 * A default value of static storage is freed. */
#include <stdlib.h>

static char fallback[] = "default";

int main(void)
{
    char *name = fallback;
    if (name != fallback || sizeof fallback > 4) {
#ifdef CORRECT
        name = NULL;
#endif
        free(name); /* @at */
    }
    return 0;
}
