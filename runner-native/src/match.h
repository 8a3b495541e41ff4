/* Finds what has been there before: turns bytes into sequences of literals and matches. */
#pragma once

#include "alphabet.h"
#include "worth.h"

enum {
	/* So many literals and matches, and a few more, are in a part: what is in one code is
	 * decided by parts. */
	PART = 1 << 12,
	PART_SEQUENCES = PART + 1,
};

struct matcher;

struct matcher *matcher_new(void);
void matcher_free(struct matcher *matcher);

/* Starts on other bytes. Levels 1 to 9. */
void matcher_begin(struct matcher *matcher, const uint8_t *in, size_t length, int level);

/* Puts the next part's sequences into `sequences`, PART_SEQUENCES at most, and moves `at` behind
 * the bytes that they stand for. Returns how many. */
size_t matcher_take(struct matcher *matcher, size_t *at, const struct worth *worth,
		    struct sequence *sequences);
