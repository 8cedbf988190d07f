/* expect: mismatched-free at=@at allocated=@make
 * An array of new is resized by realloc. */
#include <cstdlib>
#include <cstring>

int main()
{
    char *text = new char[10]; /* @make */
#ifdef CORRECT
    char *longer = new char[20];
    std::memcpy(longer, text, 10);
    delete[] text;
    delete[] longer;
#else
    void *longer = std::realloc(text, 20); /* @at */
    std::free(longer);
#endif
    return 0;
}
