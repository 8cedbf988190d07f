/* expect: overflow at=@free allocated=@make written=@write
 * An array of objects has one less than is set. */
struct Point {
    double x, y, z;
};

static void set(Point &point, double value)
{
    point.x = value; /* @write */
}

int main()
{
    const int count = 7;
    Point *points = new Point[count]; /* @make */
#ifdef CORRECT
    set(points[count - 1], 1);
#else
    set(points[count], 1);
#endif
    delete[] points; /* @free */
    return 0;
}
