/* Lines of the shell: what is one word, what a variable stands for, what is refused. */
#include <stdlib.h>
#include <string.h>

#include "shell_words.h"
#include "unit.h"

static bool splits(const char *line, const char *expected)
{
	struct shell_words words;
	char joined[256] = "";
	bool is_fine = shell_split(line, 7, &words) == NULL;
	for (size_t i = 0; i < words.count; i++) {
		strcat(joined, words.all[i]);
		strcat(joined, "|");
	}
	is_fine = is_fine && words.all[words.count] == NULL && strcmp(joined, expected) == 0;
	shell_words_free(&words);
	return is_fine;
}

static bool refuses(const char *line, const char *why)
{
	struct shell_words words;
	const char *complaint = shell_split(line, 0, &words);
	bool is_refused = complaint != NULL && strstr(complaint, why) != NULL && words.count == 0;
	shell_words_free(&words);
	return is_refused;
}

int main(void)
{
	setenv("NAME", "a b", 1);
	unsetenv("NONE");
	CHECK(splits("", ""));
	CHECK(splits("  # nothing\n", ""));
	CHECK(splits("ls  -l\t/x\n", "ls|-l|/x|"));
	CHECK(splits("a#b", "a#b|"));
	CHECK(splits("'a  b'\"c d\"e ''", "a  bc de||"));
	CHECK(splits("$NAME \"${NAME}x\" '$NAME' \\$NAME $?", "a b|a bx|$NAME|$NAME|7|"));
	CHECK(splits("$NONE ${NAME $ $1", "|${NAME|$|$1|"));
	CHECK(splits("\"a\\\"\\$\\n\" a\\ b", "a\"$\\n|a b|"));
	CHECK(splits("'|' \\; \"*\"", "||;|*|"));
	CHECK(refuses("ls | cat", "no pipes"));
	CHECK(refuses("a > b", "no pipes"));
	CHECK(refuses("a;b", "no pipes"));
	CHECK(refuses("ls *", "wildcards"));
	CHECK(refuses("'open", "not closed"));
	CHECK(refuses("\"open\\\"", "not closed"));
	return unit_end("shell words");
}
