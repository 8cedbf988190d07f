/* expect: write-after-free allocated=@make freed=@free written=@write
 * A callback changes an object that is deleted. */
#include <functional>

struct Widget {
    long clicks = 0;
    long moves = 0;
    void click() { clicks++; /* @write */ }
};

int main()
{
    Widget *widget = new Widget; /* @make */
    std::function<void()> onClick = [widget] { widget->click(); };
    onClick();
#ifdef CORRECT
    onClick();
#endif
    delete widget; /* @free */
#ifndef CORRECT
    onClick();
#endif
    return 0;
}
