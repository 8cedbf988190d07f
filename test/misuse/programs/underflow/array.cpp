/* expect: underflow at=@free allocated=@make written=@write
 * An index of -1 means "none", and is used. */
static int find(const int *values, int count, int wanted)
{
    for (int i = 0; i < count; i++)
        if (values[i] == wanted)
            return i;
    return -1;
}

int main()
{
    int *values = new int[20](); /* @make */
    int at = find(values, 20, 5);
#ifdef CORRECT
    if (at >= 0)
#endif
        values[at] = 0; /* @write */
    delete[] values;    /* @free */
    return 0;
}
