/* starts.c - start ./prints in each way there is: system, posix_spawn, vfork and exec, fork
 * and exec. The program's argument is the path of prints. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    char *child[] = {argv[1], NULL};
    int status, failed = 0;
    pid_t pid;
    void *before = malloc(100);
    failed += system(argv[1]) != 0;
    failed += posix_spawn(&pid, argv[1], NULL, NULL, child, environ) != 0;
    failed += waitpid(pid, &status, 0) != pid || status;
    for (int i = 0; i < 20; i++) {
        pid = vfork();
        if (!pid) {
            execve(argv[1], child, environ);
            _exit(1);
        }
        failed += waitpid(pid, &status, 0) != pid || status;
    }
    pid = fork();
    if (!pid) {
        free(malloc(1000));
        execve(argv[1], child, environ);
        _exit(1);
    }
    failed += waitpid(pid, &status, 0) != pid || status;
    free(before);
    return failed;
}
