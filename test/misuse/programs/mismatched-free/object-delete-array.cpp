/* expect: mismatched-free at=@at allocated=@make
 * An object is deleted as if it were an array. */
#include <cstdlib>

int main()
{
    long *total = new long(0); /* @make */
#ifdef CORRECT
    delete total;
#else
    delete[] total; /* @at */
#endif
    return 0;
}
