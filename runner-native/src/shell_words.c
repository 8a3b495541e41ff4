/* Implementation of shell_words.h. */
#include "shell_words.h"

#include <stdio.h>
#include <string.h>

struct splitter {
	const char *at;
	char *text;
	size_t used, size;
	int status;
	bool failed; /* no memory */
};

static void put(struct splitter *splitter, const char *bytes, size_t length)
{
	if (splitter->text == NULL || splitter->size - splitter->used < length) {
		size_t size = (splitter->size + length) * 2;
		char *text = realloc(splitter->text, size);
		if (text == NULL) {
			splitter->failed = true;
			return;
		}
		splitter->text = text;
		splitter->size = size;
	}
	memcpy(splitter->text + splitter->used, bytes, length);
	splitter->used += length;
}

static bool is_name(char c, bool is_first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!is_first && c >= '0' && c <= '9');
}

/* `at` is behind the dollar sign. */
static void put_variable(struct splitter *splitter)
{
	char name[256], number[16];
	size_t length = 0;
	const bool braced = *splitter->at == '{';
	const char *at = splitter->at + (braced ? 1 : 0);
	if (!braced && *at == '?') {
		splitter->at++;
		int digits = snprintf(number, sizeof(number), "%d", splitter->status);
		put(splitter, number, (size_t)digits);
		return;
	}
	while (is_name(at[length], length == 0) && length + 1 < sizeof(name)) {
		name[length] = at[length];
		length++;
	}
	name[length] = '\0';
	if (length == 0 || (braced && at[length] != '}')) {
		put(splitter, "$", 1);
		return;
	}
	splitter->at = at + length + (braced ? 1 : 0);
	const char *value = getenv(name);
	if (value != NULL)
		put(splitter, value, strlen(value));
}

static const char *put_quoted(struct splitter *splitter, char quote)
{
	while (*splitter->at != quote) {
		if (*splitter->at == '\0')
			return "a quote is not closed";
		char c = *splitter->at++;
		if (quote == '"' && c == '$') {
			put_variable(splitter);
			continue;
		}
		if (quote == '"' && c == '\\' && strchr("\"\\$`", *splitter->at) != NULL &&
		    *splitter->at != '\0')
			c = *splitter->at++;
		put(splitter, &c, 1);
	}
	splitter->at++;
	return NULL;
}

/* One word, which begins at `at`. */
static const char *put_word(struct splitter *splitter)
{
	const char *complaint = NULL;
	while (complaint == NULL && *splitter->at != '\0' &&
	       strchr(" \t\n", *splitter->at) == NULL) {
		char c = *splitter->at++;
		if (strchr("|&;<>()*[`", c) != NULL)
			complaint = "this shell has no pipes, redirections, lists or wildcards; "
				    "quote the character if it is meant as it is";
		else if (c == '\'' || c == '"')
			complaint = put_quoted(splitter, c);
		else if (c == '$')
			put_variable(splitter);
		else if (c == '\\' && *splitter->at != '\0')
			put(splitter, splitter->at++, 1);
		else
			put(splitter, &c, 1);
	}
	put(splitter, "", 1);
	return complaint;
}

const char *shell_split(const char *line, int status, struct shell_words *words)
{
	struct splitter splitter = { .at = line, .status = status };
	size_t starts[SHELL_WORDS_MAX];
	const char *complaint = NULL;
	words->count = 0;
	while (complaint == NULL) {
		splitter.at += strspn(splitter.at, " \t\n");
		if (*splitter.at == '\0' || *splitter.at == '#')
			break;
		if (words->count == SHELL_WORDS_MAX) {
			complaint = "too many words";
			break;
		}
		starts[words->count++] = splitter.used;
		complaint = put_word(&splitter);
	}
	words->text = splitter.text;
	if (complaint == NULL && splitter.failed)
		complaint = "no memory for the line";
	if (complaint != NULL)
		words->count = 0;
	for (size_t i = 0; i < words->count; i++)
		words->all[i] = splitter.text + starts[i];
	words->all[words->count] = NULL;
	return complaint;
}

void shell_words_free(struct shell_words *words)
{
	free(words->text);
	words->text = NULL;
}
