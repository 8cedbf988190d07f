/* expect: underflow at=@write allocated=@make written=@write
 * memmove shifts a text further left than it reaches. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *text = malloc(30); /* @make */
    strcpy(text, "some text");
    int left = 4;
#ifdef CORRECT
    left = 0;
#endif
    memmove(text - left, text, 10); /* @write */
    free(text);
    return 0;
}
