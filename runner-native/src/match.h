/* Finds what has been there before: turns bytes into literals and matches. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	MATCH_SHORTEST = 3,
	MATCH_LONGEST = 258,
	WINDOW = 1 << 15,
	TOKENS = 1 << 14, /* of a block of deflate: more, and one code fits them less well */
};

/* A literal is its byte; a match has this bit, its length less 3 above its distance less 1. */
#define TOKEN_MATCH ((uint32_t)1 << 31)

static inline uint32_t token_length(uint32_t token)
{
	return (token >> 16 & 0xff) + MATCH_SHORTEST;
}

static inline uint32_t token_distance(uint32_t token)
{
	return (token & (WINDOW - 1)) + 1;
}

struct match_effort {
	uint16_t depth; /* how many earlier places are tried for each byte */
	uint16_t nice;	/* from this length on no better match is looked for */
	uint16_t lazy;	/* whether a longer match at the next byte is taken instead */
};

/* Which of these a level has; levels 1 to 9. */
extern const struct match_effort match_efforts[10];

struct matcher;

struct matcher *matcher_new(void);
void matcher_free(struct matcher *matcher);

/* Starts on other bytes. */
void matcher_begin(struct matcher *matcher, const uint8_t *in, size_t length,
		   const struct match_effort *effort);

/* Puts up to TOKENS tokens for the next bytes into `tokens`. Returns how many: 0 at the end of the
 * bytes; `at` is moved behind the bytes that they stand for. */
size_t matcher_take(struct matcher *matcher, size_t *at, uint32_t tokens[TOKENS]);
