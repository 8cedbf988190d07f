#include "words.h"

#include <stdlib.h>
#include <string.h>

typedef struct Word {
    char *text;
    size_t count;
    struct Word *next;
} Word;

struct Words {
    Word *first;
};

Words *words_new(void)
{
    return calloc(1, sizeof(Words));
}

static Word *find(const Words *words, const char *text)
{
    for (Word *word = words->first; word; word = word->next) {
        if (strcmp(word->text, text) == 0) {
            return word;
        }
    }
    return NULL;
}

int words_add(Words *words, const char *text)
{
    Word *word = find(words, text);
    if (word) {
        word->count++;
        return 1;
    }
    word = calloc(1, sizeof *word);
    if (!word) {
        return 0;
    }
    word->text = strdup(text);
    if (!word->text) {
        free(word);
        return 0;
    }
    word->count = 1;
    word->next = words->first;
    words->first = word;
    return 1;
}

size_t words_count(const Words *words, const char *text)
{
    const Word *word = find(words, text);
    return word ? word->count : 0;
}

void words_free(Words *words)
{
    Word *word = words->first;
    while (word) {
        Word *next = word->next;
        /* The mistake: `text` was allocated too, and nobody frees it. */
        free(word);
        word = next;
    }
    free(words);
}
