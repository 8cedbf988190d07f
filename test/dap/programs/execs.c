/* A child that runs another program, and one that replaces itself by this program again, which then
 * errs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(const char *who)
{
    char *volatile block = malloc(48);
    printf("%s works\n", who); /* @work */
    fflush(stdout);
    free(block);
    free(block); /* @twice */
}

int main(int argc, char **argv)
{
    if (argc > 2) {
        work(argv[2]);
        return 5;
    }
    if (argc < 2)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        if (!strcmp(argv[1], "other"))
            execl("/bin/echo", "echo", "other program", NULL);
        else
            execl("/proc/self/exe", argv[0], argv[1], "again", NULL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child ended with %d\n", WEXITSTATUS(status));
    return 0;
}
