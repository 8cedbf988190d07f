/* expect: write-after-free allocated=@make freed=@free written=@write
 * A counter in a freed structure is set. */
#include <stdlib.h>

struct Job {
    int state;
    int count;
};

int main(void)
{
    struct Job *job = malloc(sizeof *job); /* @make */
    job->count = 1;
#ifdef CORRECT
    job->state = 2;
#endif
    free(job); /* @free */
#ifndef CORRECT
    job->state = 2; /* @write */
#endif
    return 0;
}
