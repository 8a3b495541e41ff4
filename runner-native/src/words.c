/* Implementation of words.h. Runs in the outer runner before any privilege is used. */
#include "words.h"

#include <errno.h>
#include <string.h>

#define LIMIT ((size_t)64 << 20)

static int words_split(struct words *words, size_t length, struct err *err)
{
	size_t count = 0;
	if (length == 0 || words->text[length - 1] != '\0')
		return fail(err, "E_RUNNER_WORDS", 0, "the last word is not ended by NUL");
	for (size_t i = 0; i < length; i++)
		count += words->text[i] == '\0';
	words->all = calloc(count, sizeof(char *));
	if (words->all == NULL)
		return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the words");
	words->count = 0;
	for (char *at = words->text; at < words->text + length; at += strlen(at) + 1)
		words->all[words->count++] = at;
	return 0;
}

/* What makes a list one that this runner understands, and a whole one. */
static int words_check(struct words *words, size_t length, struct err *err)
{
	int rc = words_split(words, length, err);
	if (rc < 0)
		return rc;
	if (strcmp(words->all[0], PROTOCOL) != 0)
		return fail(err, "E_RUNNER_VERSION", 0,
			    "this runner speaks " PROTOCOL ", its client \"%.64s\"; they come from "
			    "different installations",
			    words->all[0]);
	if (words->count < 2 || strcmp(words->all[words->count - 1], "end") != 0)
		return fail(err, "E_RUNNER_WORDS", 0, "the words stop before \"end\"");
	words->word = words->all + 1;
	words->count -= 2;
	return 0;
}

int words_read(struct words *words, struct err *err)
{
	size_t length;
	int rc = read_to_end(WORDS_FD, LIMIT, &words->text, &length);
	if (rc < 0)
		return fail(err, "E_RUNNER_WORDS", -rc, "cannot read the words on fd %d", WORDS_FD);
	close(WORDS_FD);
	return words_check(words, length, err);
}

int words_next(struct words *words, struct err *err)
{
	unsigned char prefix[4];
	int rc = read_exact(WORDS_FD, prefix, sizeof(prefix));
	if (rc == 0)
		return 0;
	if (rc < 0)
		return fail(err, "E_RUNNER_WORDS", -rc, "cannot read the words on fd %d", WORDS_FD);
	size_t length = (size_t)prefix[0] | (size_t)prefix[1] << 8 | (size_t)prefix[2] << 16 |
			(size_t)prefix[3] << 24;
	words->text = length > LIMIT ? NULL : malloc(length + 1);
	if (words->text == NULL)
		return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the words");
	if (length == 0 || read_exact(WORDS_FD, words->text, length) != 1)
		return fail(err, "E_RUNNER_WORDS", 0, "the words are cut short");
	words->text[length] = '\0';
	rc = words_check(words, length, err);
	return rc < 0 ? rc : 1;
}

void words_free(struct words *words)
{
	free(words->all);
	free(words->text);
	*words = (struct words){ 0 };
}

static const struct word_rule *rule_of(const struct word_rule *rules, size_t count,
				       const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

int words_dispatch(const struct words *words, const struct word_rule *rules, size_t count,
		   void *plan, struct err *err)
{
	size_t at = 0;
	while (at < words->count) {
		const char *name = words->word[at];
		const struct word_rule *rule = rule_of(rules, count, name);
		if (rule == NULL)
			return fail(err, "E_RUNNER_WORDS", 0, "unknown word \"%.64s\"", name);
		at++;
		if (words->count - at < (size_t)rule->args)
			return fail(err, "E_RUNNER_WORDS", 0, "\"%s\" needs %d arguments", name,
				    rule->args);
		char **args = words->word + at;
		at += (size_t)rule->args;
		int further = rule->take(plan, args, words->count - at, err);
		if (further < 0)
			return further;
		at += (size_t)further;
	}
	return 0;
}

int word_number(const char *text, int base, uint64_t max, uint64_t *value, struct err *err)
{
	if (!parse_number(text, base, max, value))
		return fail(err, "E_RUNNER_WORDS", 0, "\"%.64s\" is not a number in range", text);
	return 0;
}

int word_ids(char **mode_uid_gid, mode_t *mode, uid_t *uid, gid_t *gid, struct err *err)
{
	uint64_t values[3];
	for (int i = 0; i < 3; i++) {
		int rc = word_number(mode_uid_gid[i], i == 0 ? 8 : 10,
				     i == 0 ? 07777 : UINT32_MAX - 1, &values[i], err);
		if (rc < 0)
			return rc;
	}
	*mode = (mode_t)values[0];
	*uid = (uid_t)values[1];
	*gid = (gid_t)values[2];
	return 0;
}

int word_access(const char *text, bool *read_only, struct err *err)
{
	*read_only = strcmp(text, "ro") == 0;
	if (!*read_only && strcmp(text, "rw") != 0)
		return fail(err, "E_RUNNER_WORDS", 0, "\"%.64s\" is neither ro nor rw", text);
	return 0;
}

void *array_push(void *array_at, size_t *count, size_t size)
{
	char *old;
	memcpy(&old, array_at, sizeof(old));
	char *array = old;
	/* Room doubles at each power of two, so a push costs no copy on average. */
	if ((*count & (*count - 1)) == 0) {
		array = reallocarray(old, *count == 0 ? 1 : *count * 2, size);
		if (array == NULL)
			return NULL;
		memcpy(array_at, &array, sizeof(array));
	}
	void *element = memset(array + *count * size, 0, size);
	(*count)++;
	return element;
}
