/* Runs until its input ends; SIGUSR1 makes it free a block twice. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void ask(int signal)
{
    (void)signal;
    asked++;
}

static int tick(int count)
{
    return count + 1; /* @tick */
}

static void misuse(void)
{
    char *volatile block = malloc(24); /* @allocate */
    free(block);
    free(block); /* @twice */
}

int main(void)
{
    int count = 0, done = 0;
    char *volatile kept[10];
    signal(SIGUSR1, ask);
    for (int i = 0; i < 10; i++) {
        kept[i] = malloc(1234); /* @kept */
    }
    printf("ready\n");
    fflush(stdout);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (poll(&input, 1, 5) <= 0) {
        count = tick(count);
        if (asked > done) {
            done++;
            misuse();
            printf("misused %d\n", done);
            fflush(stdout);
        }
    }
    printf("end\n");
    return kept[0] ? 7 : 0;
}
