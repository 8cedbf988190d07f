/* prints.c - a program that says what it sees: its environment and its arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

int main(int argc, char **argv)
{
    for (char **e = environ; *e; e++)
        if (strstr(*e, "SPACES") || !strncmp(*e, "LD_PRELOAD", 10) || !strncmp(*e, "KEPT", 4))
            puts(*e);
    for (int i = 1; i < argc; i++)
        printf("%s %s\n", argv[i], getenv(argv[i]) ? getenv(argv[i]) : "-");
    return 0;
}
