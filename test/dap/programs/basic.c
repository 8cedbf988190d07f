/* Frames, variables of many types, and a loop. */
#include <stdio.h>
#include <string.h>

struct point {
    int x;
    int y;
    struct point *next;
};

static int numbers[300];
int counter = 7;

static int add(int left, int right)
{
    int sum = left + right;
    return sum; /* @inner */
}

static int outer(struct point *where)
{
    char text[16] = "hello";
    int array[4] = {1, 2, 3, 4};
    int result = add(where->x, where->y); /* @call */
    result += array[1] + (int)strlen(text);
    return result; /* @after */
}

int main(int argc, char **argv)
{
    struct point origin = {3, 4, NULL};
    struct point here = {5, 6, &origin};
    int total = 0;
    numbers[250] = 42;
    for (int i = 0; i < 5; i++) {
        total += i; /* @loop */
    }
    total += outer(&here);
    printf("total %d\n", total); /* @print */
    for (int i = 1; i < argc; i++) {
        printf("arg %d: %s\n", i, argv[i]);
    }
    return total % 256; /* @end */
}
