/*
 * Counts the words of a text, built with CMake from two files.
 *
 * The mistake is in words_free: it loses the text of every word.
 */
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char text[] = "the cat and the dog and the bird";
    Words *words = words_new();
    if (!words) {
        perror("words_new");
        return EXIT_FAILURE;
    }
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        if (!words_add(words, word)) {
            perror("words_add");
            return EXIT_FAILURE;
        }
    }
    printf("the: %zu, and: %zu\n", words_count(words, "the"), words_count(words, "and"));
    words_free(words);
    return 0;
}
