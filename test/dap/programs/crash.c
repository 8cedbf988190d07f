/* Writes through a null pointer. */
#include <stddef.h>

int main(void)
{
    int *volatile nowhere = NULL;
    *nowhere = 1; /* @crash */
    return 0;
}
