#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct word {
    char *text;
    size_t count;
};

/* Counts one more of `text`. Returns 0, or -1 when there is no memory left. */
int table_count(const char *text);

/* All words, most frequent first, words of equal count by the alphabet. */
const struct word *table_sorted(size_t *length);

#endif
