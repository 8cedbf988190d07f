/* expect: mismatched-free at=@at allocated=@make
 * A large array of new is freed. */
#include <cstdlib>

int main()
{
    double *samples = new double[100000]; /* @make */
#ifdef CORRECT
    delete[] samples;
#else
    std::free(samples); /* @at */
#endif
    return 0;
}
