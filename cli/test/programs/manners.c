/* Says what it was given, and ends as it is told: "exit N", "signal N", "wait" for SIGTERM, or
 * "descriptors". */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_term(int number)
{
    (void)number;
    static const char text[] = "terminated\n";
    write(1, text, sizeof text - 1);
    _exit(33);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "exit";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    char line[64] = "";
    if (fgets(line, sizeof line, stdin))
        printf("in: %s", line);
    printf("name: %s\npreload: %s\n", argv[0], getenv("LD_PRELOAD") ? "seen" : "none");
    fprintf(stderr, "to stderr\n");
    fflush(stdout);
    if (!strcmp(what, "signal")) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (!strcmp(what, "descriptors")) {
        for (int fd = 3; fd < 64; fd++) {
            char path[32], target[256];
            snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            ssize_t length = readlink(path, target, sizeof target);
            if (length > 0)
                printf("%d %.*s\n", fd, (int)length, target);
        }
    }
    if (!strcmp(what, "wait")) {
        signal(SIGTERM, on_term);
        printf("ready\n");
        fflush(stdout);
        for (;;)
            pause();
    }
    return number;
}
