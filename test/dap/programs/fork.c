/* A child that executes this program again and misuses its heap there, and one that only forks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *under_spaces(void)
{
    char line[1024];
    const char *found = "no";
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (strstr(line, "libspaces")) {
            found = "yes";
        }
    }
    if (maps) {
        fclose(maps);
    }
    return found;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        const char *preload = getenv("LD_PRELOAD");
        printf("executed child under Spaces: %s, preload %s\n", under_spaces(),
               preload ? preload : "(none)");
        fflush(stdout);
        if (strcmp(under_spaces(), "yes") == 0) {
            char *volatile block = malloc(24);
            free(block);
            free(block);
        }
        return 0;
    }
    printf("program under Spaces: %s\n", under_spaces());
    fflush(stdout);
    if (fork() == 0) {
        execl(argv[0], argv[0], "child", (char *)NULL);
        _exit(1);
    }
    if (fork() == 0) {
        free(malloc(100));
        _exit(0);
    }
    while (wait(NULL) > 0) {
    }
    return 0;
}
