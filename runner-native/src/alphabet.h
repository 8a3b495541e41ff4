/* What deflate's symbols stand for (RFC 1951, 3.2.5), and how often they occur. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	MATCH_LONGEST = 258,
	WINDOW = 1 << 15, /* the farthest that a match may lie back */
	END_OF_BLOCK = 256,
	LENGTH_CODES = 29,
	DISTANCE_CODES = 30,
	LITERALS = END_OF_BLOCK + 1 + LENGTH_CODES,
};

/* Bytes as they are, and behind them a match. The bytes themselves are the input's. */
struct sequence {
	uint32_t literals;
	uint16_t length;   /* of the match; 0 for none, which only the last one of a row has */
	uint16_t distance; /* less 1 */
};

struct alphabet {
	uint8_t code_of_length[MATCH_LONGEST + 1];
	uint8_t code_of_distance[512]; /* use alphabet_distance */
};

extern const uint16_t alphabet_length_base[LENGTH_CODES];
extern const uint8_t alphabet_length_extra[LENGTH_CODES];
extern const uint16_t alphabet_distance_base[DISTANCE_CODES];
extern const uint8_t alphabet_distance_extra[DISTANCE_CODES];

void alphabet_fill(struct alphabet *alphabet);

/* The code of a distance, given less 1: up to 256 each has an entry, beyond it each 128. */
static inline unsigned alphabet_distance(const struct alphabet *alphabet, uint32_t less)
{
	return alphabet->code_of_distance[less < 256 ? less : 256 + (less >> 7)];
}

/* How often each symbol occurs; the end of the block is not among them. */
struct tally {
	uint32_t literals[LITERALS];
	uint32_t distances[DISTANCE_CODES];
};

/* Counts what the sequences, whose bytes begin at `in`, are made of. */
void tally_sequences(struct tally *tally, const struct alphabet *alphabet,
		     const struct sequence *sequences, size_t count, const uint8_t *in);

void tally_add(struct tally *to, const struct tally *tally);
