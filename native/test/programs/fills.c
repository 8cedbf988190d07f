/* fills.c - take a MiB at a time until there is no more, 200 at most; say how many there were. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    int count = 0;
    while (count < 200 && malloc(1 << 20))
        count++;
    printf("%d %s\n", count, count < 200 && errno == ENOMEM ? "ENOMEM" : "-");
    return 0;
}
