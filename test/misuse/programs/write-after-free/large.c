/* expect: write-after-free allocated=@make freed=@free written=@write
 * A frame buffer is drawn to after its end. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *frame = malloc(640 * 480); /* @make */
    memset(frame, 0, 640 * 480);
    free(frame); /* @free */
#ifndef CORRECT
    for (int i = 0; i < 640; i++)
        frame[640 + i] = 255; /* @write */
#endif
    return 0;
}
