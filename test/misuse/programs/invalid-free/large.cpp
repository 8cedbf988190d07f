/* expect: invalid-free at=@at allocated=@make
 * The middle of a large array is deleted. */
#include <cstddef>

int main()
{
    char *samples = new char[500000]; /* @make */
    char *at = samples;
#ifndef CORRECT
    at += 250000;
#endif
    delete[] at; /* @at */
    return 0;
}
