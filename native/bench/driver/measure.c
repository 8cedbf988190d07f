/*
 * measure - run one program with a library preloaded, and tell what it cost.
 *
 * Usage: measure RESULT SECONDS LIBRARY|- PROGRAM [ARGUMENT ...]
 *
 * A program of its own because Linux counts the memory of whoever calls exec as
 * the new program's peak: this one is small and static, the driver is not. It
 * writes `name value` lines to the file RESULT. The program has this process's
 * standard streams, and SECONDS until it is killed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static volatile sig_atomic_t timed_out;

static void kill_child(int signal)
{
    timed_out = signal == SIGALRM;
    kill(child, SIGKILL);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static void start(const char *library, char **command)
{
    if (strcmp(library, "-") != 0 && setenv("LD_PRELOAD", library, 1) != 0)
        _exit(127);
    execv(command[0], command);
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        dprintf(STDERR_FILENO, "usage: measure RESULT SECONDS LIBRARY|- PROGRAM [ARGUMENT ...]\n");
        return 2;
    }
    int result = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (result < 0) {
        dprintf(STDERR_FILENO, "cannot write %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    double began = now();
    child = fork();
    if (child == 0)
        start(argv[3], argv + 4);
    if (child < 0) {
        dprintf(STDERR_FILENO, "cannot fork: %s\n", strerror(errno));
        return 2;
    }
    struct sigaction action = {.sa_handler = kill_child};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    alarm((unsigned)atoi(argv[2]));

    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR)
            return 2;
    }
    double wall = now() - began;
    dprintf(result, "exit_code %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    dprintf(result, "signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    dprintf(result, "timed_out %d\n", (int)timed_out);
    dprintf(result, "wall_seconds %.6f\n", wall);
    dprintf(result, "user_seconds %.6f\n", seconds(usage.ru_utime));
    dprintf(result, "system_seconds %.6f\n", seconds(usage.ru_stime));
    dprintf(result, "minor_faults %ld\n", usage.ru_minflt);
    dprintf(result, "major_faults %ld\n", usage.ru_majflt);
    dprintf(result, "rss_kib %ld\n", usage.ru_maxrss);
    dprintf(result, "voluntary_switches %ld\n", usage.ru_nvcsw);
    dprintf(result, "involuntary_switches %ld\n", usage.ru_nivcsw);
    return 0;
}
