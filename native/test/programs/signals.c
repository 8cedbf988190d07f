/* signals.c - signals that interrupt the heap's own work: a timer goes off as often as it can while
 * threads allocate, and the handlers return, or jump from where the program allowed them to. Says
 * what it sees of signal masks and dispositions. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;
static volatile int stop;

static void on_tick(int number)
{
    (void)number;
    ticks++;
}

static void *allocates(void *argument)
{
    unsigned state = (unsigned)(size_t)argument;
    char *mine[64] = {0};
    while (!stop) {
        state = state * 1103515245 + 12345;
        char **slot = &mine[state >> 16 & 63];
        if (*slot && (*slot)[0] != (char)(slot - mine))
            return "a block changed";
        free(*slot);
        size_t size = (state >> 8) % (state & 0x400000 ? 300000 : 2000) + 1;
        *slot = malloc(size);
        (*slot)[0] = (char)(slot - mine);
    }
    for (int i = 0; i < 64; i++)
        free(mine[i]);
    return NULL;
}

static sigjmp_buf back;
static volatile sig_atomic_t jumps, may_jump;
static void on_jump(int number)
{
    (void)number;
    if (may_jump) {
        jumps++;
        siglongjmp(back, 1);
    }
}

int main(void)
{
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigismember(&mask, i) == 1)
            printf("%d blocked\n", i);
        if (!sigaction(i, NULL, &action) && action.sa_handler != SIG_DFL)
            printf("%d handled\n", i);
    }
    struct sigaction tick = {.sa_handler = on_tick};
    sigaction(SIGALRM, &tick, NULL);
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, allocates, (void *)(i + 1));
    while (ticks < 1500)
        free(malloc((size_t)ticks * 7 + 1));
    stop = 1;
    for (int i = 0; i < 3; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        if (wrong)
            printf("%s\n", (char *)wrong);
    }
    /* Out of a computation, between two uses of the heap. */
    struct sigaction jump = {.sa_handler = on_jump};
    sigaction(SIGALRM, &jump, NULL);
    while (jumps < 200) {
        char *p = malloc(1000);
        if (!sigsetjmp(back, 1)) {
            may_jump = 1;
            for (volatile int i = 0; i < 100000000; i++) {
            }
        }
        may_jump = 0;
        free(p);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    /* A system call is interrupted as the program asked for. */
    struct sigaction short_call = {.sa_handler = on_tick};
    sigaction(SIGALRM, &short_call, NULL);
    int ends[2];
    if (pipe(ends))
        return 1;
    struct itimerval once = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &once, NULL);
    char byte;
    errno = 0;
    ssize_t n = read(ends[0], &byte, 1);
    printf("read %zd %s\n", n, n < 0 && errno == EINTR ? "EINTR" : "-");
    puts("done");
    return 0;
}
