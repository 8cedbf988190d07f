/* expect: mismatched-free at=@at allocated=@make
 * What new gave is freed. */
#include <cstdlib>

int main()
{
    int *number = new int(3); /* @make */
#ifdef CORRECT
    delete number;
#else
    std::free(number); /* @at */
#endif
    return 0;
}
