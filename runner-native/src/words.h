/* The words of fd 3 and the tables that give them meaning. They come from the client, which is
 * trusted, but carry names from a Dockerfile: a word is data, never parsed for structure. */
#pragma once

#include "err.h"

#define WORDS_FD 3

/* Raised with every change that a client of an older version would not understand. */
#define PROTOCOL_VERSION	 2
#define AS_TEXT_EXPANDED(number) #number
#define AS_TEXT(number)		 AS_TEXT_EXPANDED(number)
#define PROTOCOL		 "slipway-runner/" AS_TEXT(PROTOCOL_VERSION)

struct words {
	char *text;  /* all of them, each ended by NUL */
	char **all;  /* pointers into text */
	char **word; /* `count` of them, version and `end` left out */
	size_t count;
};

/* One word and its fixed arguments. `take` stores what it needs (the strings live as long as the
 * words); it returns how many further words it took, or -errno. */
struct word_rule {
	const char *name;
	int args;
	int (*take)(void *plan, char **args, size_t left, struct err *err);
};

/* Reads WORDS_FD to its end, closes it, and checks version and `end`. */
int words_read(struct words *words, struct err *err);

/* Reads the next list of several, each behind its length: 1, or 0 where there are no more. */
int words_next(struct words *words, struct err *err);
void words_free(struct words *words);

/* Gives every word to the rule of its name; E_RUNNER_WORDS for a word without a rule. */
int words_dispatch(const struct words *words, const struct word_rule *rules, size_t count,
		   void *plan, struct err *err);

/* Numbers as arguments: E_RUNNER_WORDS names the word where the text is no number or over `max`. */
int word_number(const char *text, int base, uint64_t max, uint64_t *value, struct err *err);
int word_ids(char **mode_uid_gid, mode_t *mode, uid_t *uid, gid_t *gid, struct err *err);

/* "ro" or "rw". */
int word_access(const char *text, bool *read_only, struct err *err);

/* Grows an array by one zeroed element and returns it, NULL without memory. */
void *array_push(void *array_at, size_t *count, size_t size);
