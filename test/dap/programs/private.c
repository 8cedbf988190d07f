/* A process whose memory other processes of its user may not read. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

int main(void)
{
    char *block = malloc(5000);
    prctl(PR_SET_DUMPABLE, 0);
    printf("ready\n"); /* @look */
    free(block);
    return 0;
}
