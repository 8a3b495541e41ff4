/* wordfreq [-n COUNT] FILE: prints a text's most frequent words. */

#include "table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 63 };

static int count_words(FILE *file)
{
    char word[LONGEST_WORD + 1];
    size_t length = 0;
    for (;;) {
        int c = fgetc(file);
        if (c != EOF && isalpha(c)) {
            if (length < LONGEST_WORD)
                word[length++] = (char)tolower(c);
            continue;
        }
        word[length] = '\0';
        if (length > 0 && table_count(word) != 0)
            return -1;
        length = 0;
        if (c == EOF)
            return ferror(file) ? -1 : 0;
    }
}

int main(int argc, char **argv)
{
    size_t most = 10;
    int next = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        most = strtoul(argv[2], NULL, 10);
        next = 3;
    }
    if (next != argc - 1) {
        fputs("usage: wordfreq [-n COUNT] FILE\n", stderr);
        return 2;
    }
    FILE *file = fopen(argv[next], "r");
    if (!file || count_words(file) != 0) {
        perror(argv[next]);
        return 1;
    }
    fclose(file);
    size_t length;
    const struct word *words = table_sorted(&length);
    for (size_t i = 0; i < length && i < most; i++)
        printf("%6zu %s\n", words[i].count, words[i].text);
    return 0;
}
