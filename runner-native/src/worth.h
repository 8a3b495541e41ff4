/* What symbols cost, estimated from how often they occur: in whole numbers, since what is decided
 * by it decides the bytes. */
#pragma once

#include <stdbool.h>

#include "alphabet.h"

enum {
	WORTH_BIT = 256, /* a bit, in the unit of all costs */
	MATCH_SHORTEST = 4,
	MATCH_SURE = 8, /* a match of so many bytes is always worth it */
};

struct worth {
	uint8_t fraction[128];	/* of the logarithm, by the seven bits below the highest */
	uint64_t too_short[16]; /* which bits of the first eight bytes must agree, */
	uint8_t shortest[16];	/* and how many bytes: by the distance's highest bit */
};

void worth_fill(struct worth *worth);

/* At the start of other bytes, of which nothing is known. */
void worth_forget(struct worth *worth);

/* Sets which matches are worth their distance, where literals cost what they cost in `tally`. */
void worth_learn(struct worth *worth, const struct tally *tally);

/* The symbols of `tally` in a code of their own, without extra bits and the code itself. */
uint64_t worth_of(const struct worth *worth, const struct tally *tally);

/* The place of the highest bit of a distance, given less 1. */
static inline unsigned worth_width(uint32_t less)
{
	return 31u - (unsigned)__builtin_clz(less | 1);
}
