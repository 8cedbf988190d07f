/*
 * A log that joins words into one line.
 *
 * The mistake: the line's length counts every word and every blank, but not the zero at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t length_of(const char *const *words, size_t count)
{
    size_t length = count - 1;
    for (size_t i = 0; i < count; i++) {
        length += strlen(words[i]);
    }
    return length;
}

static char *join(const char *const *words, size_t count)
{
    char *line = malloc(length_of(words, count));
    if (!line) {
        return NULL;
    }
    char *end = line;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *end++ = ' ';
        }
        size_t length = strlen(words[i]);
        memcpy(end, words[i], length);
        end += length;
    }
    *end = '\0';
    return line;
}

int main(void)
{
    const char *const words[] = {"The", "heap", "is", "a", "shared", "place"};
    char *line = join(words, sizeof words / sizeof *words);
    if (!line) {
        perror("join");
        return EXIT_FAILURE;
    }
    printf("%s\n", line);
    free(line);
    return 0;
}
