/* A set of words with their counts. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

typedef struct Words Words;

Words *words_new(void);
/* Counts one more `word`; returns 0 where memory ran out. */
int words_add(Words *words, const char *word);
size_t words_count(const Words *words, const char *word);
void words_free(Words *words);

#endif
