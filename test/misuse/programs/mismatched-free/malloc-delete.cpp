/* expect: mismatched-free at=@at allocated=@make
 * What malloc gave is deleted. */
#include <cstdlib>

int main()
{
    int *number = static_cast<int *>(std::malloc(sizeof(int))); /* @make */
#ifdef CORRECT
    std::free(number);
#else
    delete number; /* @at */
#endif
    return 0;
}
