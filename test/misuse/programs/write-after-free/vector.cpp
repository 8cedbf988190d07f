/* expect: write-after-free allocated=@make freed=@free written=@write
 * A reference into a vector outlives its growth. */
#include <cstddef>

struct Vector {
    int *items;
    size_t count, room;
    void add(int value)
    {
        if (count == room) {
            int *grown = new int[room * 2]; /* @make */
            for (size_t i = 0; i < count; i++)
                grown[i] = items[i];
            delete[] items; /* @free */
            items = grown;
            room *= 2;
        }
        items[count++] = value;
    }
};

int main()
{
    Vector numbers = {new int[2], 0, 2};
    for (int i = 0; i < 3; i++)
        numbers.add(i);
    int *first = &numbers.items[0];
    for (int i = 0; i < 3; i++)
        numbers.add(i);
#ifdef CORRECT
    first = &numbers.items[0];
#endif
    *first = 7; /* @write */
    delete[] numbers.items;
    return 0;
}
