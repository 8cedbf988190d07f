/* Prints what it was given, argument by argument. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *value(const char *name)
{
    const char *text = getenv(name);
    return text ? text : "(none)";
}

int main(int argc, char **argv)
{
    char directory[4096];
    printf("cwd %s\n", getcwd(directory, sizeof directory));
    printf("value %s\n", value("SPACES_TEST_VALUE"));
    printf("preload %s\n", value("LD_PRELOAD"));
    printf("lines %s\n", value("LINES"));
    printf("shell %s\n", value("SHELL"));
    for (int i = 1; i < argc; i++) {
        printf("<%s>\n", argv[i]);
    }
    return 0;
}
