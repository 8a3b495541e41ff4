/* Implementation of alphabet.h. */
#include "alphabet.h"

#include <string.h>

const uint16_t alphabet_length_base[LENGTH_CODES] = { 3,  4,  5,  6,   7,   8,	 9,   10,  11, 13,
						      15, 17, 19, 23,  27,  31,	 35,  43,  51, 59,
						      67, 83, 99, 115, 131, 163, 195, 227, 258 };
const uint8_t alphabet_length_extra[LENGTH_CODES] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
const uint16_t alphabet_distance_base[DISTANCE_CODES] = {
	1,   2,	  3,   4,   5,	 7,    9,    13,   17,	 25,   33,   49,   65,	  97,	 129,
	193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577
};
const uint8_t alphabet_distance_extra[DISTANCE_CODES] = { 0, 0, 0,  0,	1,  1,	2,  2,	3,  3,
							  4, 4, 5,  5,	6,  6,	7,  7,	8,  8,
							  9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };

void alphabet_fill(struct alphabet *alphabet)
{
	for (int code = 0; code < LENGTH_CODES; code++)
		for (int i = 0; i < 1 << alphabet_length_extra[code]; i++)
			if (alphabet_length_base[code] + i <= MATCH_LONGEST)
				alphabet->code_of_length[alphabet_length_base[code] + i] =
					(uint8_t)code;
	for (int code = 0; code < DISTANCE_CODES; code++)
		for (int i = 0; i < 1 << alphabet_distance_extra[code]; i++) {
			int less = alphabet_distance_base[code] + i - 1;
			alphabet->code_of_distance[less < 256 ? less : 256 + (less >> 7)] =
				(uint8_t)code;
		}
}

void tally_sequences(struct tally *tally, const struct alphabet *alphabet,
		     const struct sequence *sequences, size_t count, const uint8_t *in)
{
	/* Four tables: one is not ready for the same byte again so soon. */
	uint32_t bytes[4][256];
	memset(bytes, 0, sizeof(bytes));
	memset(tally, 0, sizeof(*tally));
	for (size_t i = 0; i < count; i++) {
		uint32_t left = sequences[i].literals;
		for (; left >= 4; left -= 4, in += 4)
#pragma GCC unroll 4
			for (int k = 0; k < 4; k++)
				bytes[k][in[k]]++;
		if (sequences[i].length == 0) {
			for (; left > 0; left--)
				bytes[0][*in++]++;
			continue;
		}
		/* Without branches, which would be mispredicted; the match has bytes to look at. */
#pragma GCC unroll 3
		for (uint32_t k = 0; k < 3; k++)
			bytes[k][in[k]] += left > k;
		tally->literals[END_OF_BLOCK + 1 + alphabet->code_of_length[sequences[i].length]]++;
		tally->distances[alphabet_distance(alphabet, sequences[i].distance)]++;
		in += left + sequences[i].length;
	}
	for (int i = 0; i < 256; i++)
		tally->literals[i] = bytes[0][i] + bytes[1][i] + bytes[2][i] + bytes[3][i];
}

void tally_add(struct tally *to, const struct tally *tally)
{
	for (size_t i = 0; i < LITERALS; i++)
		to->literals[i] += tally->literals[i];
	for (size_t i = 0; i < DISTANCE_CODES; i++)
		to->distances[i] += tally->distances[i];
}
