/* expect: overflow at=@write allocated=@make written=@write
 * There is no room for the terminator of a copy. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    const char *name = "a name of 20 letters";
    size_t length = strlen(name);
#ifdef CORRECT
    length++;
#endif
    char *copy = malloc(length); /* @make */
    strcpy(copy, name);          /* @write */
    free(copy);
    return 0;
}
