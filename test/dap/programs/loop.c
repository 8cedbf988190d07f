/* Runs until it is stopped. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    volatile unsigned long turns = 0;
    printf("going\n");
    fflush(stdout);
    for (;;) {
        usleep(1000);
        turns++; /* @loop */
    }
}
