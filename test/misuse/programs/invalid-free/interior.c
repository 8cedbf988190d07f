/* expect: invalid-free at=@at allocated=@make
 * A pointer that was moved on is freed. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *line = malloc(80); /* @make */
    strcpy(line, "  text");
    char *text = line + strspn(line, " ");
#ifdef CORRECT
    text = line;
#endif
    free(text); /* @at */
    return 0;
}
