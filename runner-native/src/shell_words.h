/* A line of the shell as words: quotes, backslashes and $NAME, as every shell has them. Pipes,
 * redirections, wildcards and the rest of a shell's grammar are refused, never passed over. */
#pragma once

#include "util.h"

enum { SHELL_WORDS_MAX = 1024 };

struct shell_words {
	char *text;			/* all words, each ended by NUL */
	char *all[SHELL_WORDS_MAX + 1]; /* `count` of them and a NULL */
	size_t count;
};

/* Splits `line`; `status` is what $? stands for. Returns NULL, or why it is no command. */
const char *shell_split(const char *line, int status, struct shell_words *words);
void shell_words_free(struct shell_words *words);
