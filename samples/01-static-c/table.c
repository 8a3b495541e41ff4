#include "table.h"

#include <stdlib.h>
#include <string.h>

static struct word *words;
static size_t used, room;

int table_count(const char *text)
{
    for (size_t i = 0; i < used; i++) {
        if (strcmp(words[i].text, text) == 0) {
            words[i].count++;
            return 0;
        }
    }
    if (used == room) {
        size_t wanted = room ? room * 2 : 64;
        struct word *grown = realloc(words, wanted * sizeof *grown);
        if (!grown)
            return -1;
        words = grown;
        room = wanted;
    }
    char *copy = malloc(strlen(text) + 1);
    if (!copy)
        return -1;
    words[used++] = (struct word){strcpy(copy, text), 1};
    return 0;
}

static int more_frequent(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

const struct word *table_sorted(size_t *length)
{
    if (used > 0)
        qsort(words, used, sizeof *words, more_frequent);
    *length = used;
    return words;
}
