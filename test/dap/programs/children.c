/* A forked child and an executed one, each with an error of its own; the parent waits for both. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void work(const char *who)
{
    char *volatile block = malloc(48);
    printf("%s works\n", who); /* @work */
    fflush(stdout);
    free(block);
    free(block); /* @twice */
    printf("%s is done\n", who);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        work("executed");
        return 3;
    }
    pid_t forked = fork();
    if (forked == 0) {
        work("forked");
        _exit(4);
    }
    int first, second;
    waitpid(forked, &first, 0);
    char *again[] = {argv[0], "child", NULL};
    pid_t executed;
    if (posix_spawn(&executed, "/proc/self/exe", NULL, NULL, again, environ) != 0) {
        return 1;
    }
    waitpid(executed, &second, 0);
    printf("children ended with %d and %d\n", WEXITSTATUS(first), WEXITSTATUS(second));
    return 0;
}
