/* expect: mismatched-free at=@at allocated=@make
 * An array is deleted as if it were one object. */
#include <cstdlib>

int main()
{
    char *text = new char[300]; /* @make */
#ifdef CORRECT
    delete[] text;
#else
    delete text; /* @at */
#endif
    return 0;
}
