/* Matches by chains of the places where the same four bytes were: slower than two places, and
 * smaller. */
#pragma once

#include "match.h"

enum { CHAIN_HASH_BITS = 15 };

struct chains {
	const uint8_t *in;
	size_t length;
	size_t tries; /* how many earlier places are looked at for each byte */
	size_t nice;  /* from this length on no better match is looked for */
	/* Places are numbers of bytes from the start of the input plus one; 0 is none. */
	uint32_t last[1 << CHAIN_HASH_BITS];
	uint32_t before[WINDOW]; /* by place: the place before it in its chain */
};

/* Levels 5 to 9. */
void chains_begin(struct chains *chains, const uint8_t *in, size_t length, int level);

/* As matcher_take. */
size_t chains_take(struct chains *chains, size_t *at, const struct worth *worth,
		   struct sequence *sequences);
