/* forks.c - fork, vfork, popen, posix_spawn and exec from several threads at once, while others
 * allocate: each child ends as it should. The argument is the path of prints. */
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile int stop;
static char *program;
static char *child_words[2];

static void *allocates(void *unused)
{
    for (size_t i = 0; !stop; i++) {
        char *p = malloc(i % 5000 + 1), *q = malloc(i % 7 ? 60 : 400000);
        p[0] = q[0] = 1;
        free(p);
        free(q);
    }
    return unused;
}

static int ended_with(pid_t pid)
{
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static pid_t forks_and_allocates(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    alarm(20);
    char *mine[200];
    for (size_t i = 0; i < 200; i++)
        mine[i] = memset(malloc(i * i + 1), 1, i * i + 1);
    for (size_t i = 0; i < 200; i++)
        free(mine[i]);
    _exit(7);
}

static pid_t forks_and_executes(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    alarm(20);
    char *words = strdup("a copy for exec");
    execve(program, child_words, environ);
    _exit(words ? 8 : 9);
}

static pid_t vforks(void)
{
    pid_t pid = vfork();
    if (!pid) {
        execve(program, child_words, environ);
        _exit(8);
    }
    return pid;
}

static void *makes_children(void *argument)
{
    size_t *wrong = argument;
    for (int i = 0; i < 12; i++) {
        pid_t pid;
        *wrong += ended_with(forks_and_allocates()) != 7;
        *wrong += ended_with(forks_and_executes()) != 0;
        *wrong += ended_with(vforks()) != 0;
        *wrong += posix_spawn(&pid, program, NULL, NULL, child_words, environ) != 0 ||
                  ended_with(pid) != 0;
        FILE *pipe = popen("exit 5", "r");
        *wrong += !pipe || WEXITSTATUS(pclose(pipe)) != 5;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    program = child_words[0] = argv[1];
    pthread_t workers[2], makers[3];
    size_t wrong[3] = {0};
    for (int i = 0; i < 2; i++)
        pthread_create(&workers[i], NULL, allocates, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&makers[i], NULL, makes_children, &wrong[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(makers[i], NULL);
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i], NULL);
    printf("wrong %zu\n", wrong[0] + wrong[1] + wrong[2]);
    return 0;
}
