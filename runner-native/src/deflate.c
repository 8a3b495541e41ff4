/* Implementation of deflate.h: sequences to bits, with the cheapest of deflate's three kinds of
 * block. A block goes on as long as one code fits its parts about as well as two would. */
#include "deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "deflate_head.h"
#include "match.h"

enum {
	STORED_LARGEST = 65535,
	PARTS = 16,	      /* of a block, at most */
	LITERAL_LONGEST = 14, /* four fit into 56 bits */
	HEAD_BITS = 500,      /* what another code costs, more or less */
	END_BYTES = 5,	      /* the empty block at the end */
};

struct deflater {
	int level;
	struct matcher *matcher;
	struct alphabet alphabet;
	struct worth worth;
	struct sequence sequences[PARTS * PART_SEQUENCES];
	struct huffman fixed_literals, fixed_distances;
	struct huffman literals, distances;
};

/* A row of sequences, and what it stands for. */
struct part {
	size_t count;
	const uint8_t *in;
	size_t length;
	struct tally tally;
	uint64_t worth;
};

static void fill_fixed(struct deflater *deflater)
{
	for (int i = 0; i < HUFFMAN_SYMBOLS; i++)
		deflater->fixed_literals.symbol[i].length = i < 144   ? 8
							    : i < 256 ? 9
							    : i < 280 ? 7
								      : 8;
	huffman_codes(&deflater->fixed_literals, HUFFMAN_SYMBOLS);
	for (int i = 0; i < 32; i++)
		deflater->fixed_distances.symbol[i].length = 5;
	huffman_codes(&deflater->fixed_distances, 32);
}

struct deflater *deflater_new(int level)
{
	struct deflater *deflater = calloc(1, sizeof(*deflater));
	if (deflater == NULL)
		return NULL;
	deflater->level = level;
	deflater->matcher = matcher_new();
	alphabet_fill(&deflater->alphabet);
	worth_fill(&deflater->worth);
	fill_fixed(deflater);
	if (deflater->matcher != NULL)
		return deflater;
	deflater_free(deflater);
	return NULL;
}

void deflater_free(struct deflater *deflater)
{
	if (deflater != NULL)
		matcher_free(deflater->matcher);
	free(deflater);
}

/* A block is at most its bytes as they are, in pieces, with the bits that were open before. */
size_t deflate_bound(size_t length)
{
	size_t blocks = length / PART + length / STORED_LARGEST + 2;
	return length + blocks * (END_BYTES + 1) + BITS_PAD + END_BYTES;
}

static uint64_t extra_bits(const struct tally *tally)
{
	uint64_t bits = 0;
	for (int i = 0; i < LENGTH_CODES; i++)
		bits += (uint64_t)tally->literals[END_OF_BLOCK + 1 + i] * alphabet_length_extra[i];
	for (int i = 0; i < DISTANCE_CODES; i++)
		bits += (uint64_t)tally->distances[i] * alphabet_distance_extra[i];
	return bits;
}

/* A symbol and the extra bits that may follow it, as they are written. */
struct word {
	uint32_t bits;
	uint16_t base; /* of a distance: what its extra bits are counted from, less 1 */
	uint8_t count, extra;
};

struct dictionary {
	struct word literal[256], length[MATCH_LONGEST + 1], distance[DISTANCE_CODES];
};

static void make_dictionary(struct dictionary *words, const struct deflater *deflater,
			    const struct huffman *literals, const struct huffman *distances)
{
	for (int i = 0; i < 256; i++)
		words->literal[i] = (struct word){ .bits = literals->symbol[i].code,
						   .count = literals->symbol[i].length };
	for (unsigned length = 3; length <= MATCH_LONGEST; length++) {
		unsigned code = deflater->alphabet.code_of_length[length];
		unsigned symbol = END_OF_BLOCK + 1 + code, count = literals->symbol[symbol].length;
		uint32_t extra = length - alphabet_length_base[code];
		words->length[length] = (struct word){
			.bits = literals->symbol[symbol].code | extra << count,
			.count = (uint8_t)(count + alphabet_length_extra[code]),
		};
	}
	for (int i = 0; i < DISTANCE_CODES; i++)
		words->distance[i] = (struct word){
			.bits = distances->symbol[i].code,
			.base = (uint16_t)(alphabet_distance_base[i] - 1),
			.count = distances->symbol[i].length,
			.extra = alphabet_distance_extra[i],
		};
}

/* Up to four literals at once, and there are four bytes to look at. Without branches: how many
 * there are is hard to predict. */
static inline void put_literals(struct bits *bits, const struct word *literal, const uint8_t *in,
				unsigned count)
{
	uint64_t value = 0;
	unsigned held = 0;
#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++) {
		const struct word *word = &literal[in[i]];
		value |= (uint64_t)(i < count ? word->bits : 0) << held;
		held += i < count ? word->count : 0;
	}
	put_bits(bits, value, held);
}

static void write_sequences(const struct deflater *deflater, const struct part *block,
			    const struct dictionary *words, struct bits *to)
{
	struct bits bits = *to; /* in registers */
	const uint8_t *in = block->in;
	for (size_t i = 0; i < block->count; i++) {
		const struct sequence *sequence = &deflater->sequences[i];
		uint32_t left = sequence->literals;
		for (; left >= 4; left -= 4, in += 4)
			put_literals(&bits, words->literal, in, 4);
		if (sequence->length == 0) {
			for (; left > 0; left--, in++)
				put_bits(&bits, words->literal[*in].bits,
					 words->literal[*in].count);
			continue;
		}
		/* Behind these literals there are the match's bytes to look at. */
		put_literals(&bits, words->literal, in, left);
		const struct word *length = &words->length[sequence->length];
		const struct word *distance = &words->distance[alphabet_distance(
			&deflater->alphabet, sequence->distance)];
		uint64_t value = length->bits;
		unsigned held = length->count;
		value |= (uint64_t)distance->bits << held;
		held += distance->count;
		value |= (uint64_t)(sequence->distance - distance->base) << held;
		put_bits(&bits, value, held + distance->extra);
		in += left + sequence->length;
	}
	*to = bits;
}

static void write_coded(const struct deflater *deflater, const struct part *block,
			const struct huffman *literals, const struct huffman *distances,
			struct bits *bits)
{
	struct dictionary words;
	make_dictionary(&words, deflater, literals, distances);
	write_sequences(deflater, block, &words, bits);
	put_bits(bits, literals->symbol[END_OF_BLOCK].code, literals->symbol[END_OF_BLOCK].length);
}

static void write_stored(const uint8_t *in, size_t length, struct bits *bits)
{
	do {
		size_t now = length < STORED_LARGEST ? length : STORED_LARGEST;
		put_bits(bits, 0, 3);
		put_bits(bits, 0, (8 - bits->count) & 7);
		put_bits(bits, now | (~now & 0xffff) << 16, 32);
		memcpy(bits->out, in, now);
		bits->out += now;
		in += now;
		length -= now;
	} while (length > 0);
}

/* Writes a block in the form that takes the least. */
static void write_block(struct deflater *deflater, struct part *block, struct bits *bits)
{
	struct head head;
	struct tally *tally = &block->tally;
	uint64_t extra = extra_bits(tally);
	uint64_t stored = 8 * (block->length + 4 * (block->length / STORED_LARGEST + 1)) + 7;
	/* Less than a 64th is not worth the time that it takes, on both sides. */
	if (block->worth / WORTH_BIT + extra + stored / 64 > stored) {
		write_stored(block->in, block->length, bits);
		return;
	}
	tally->literals[END_OF_BLOCK] = 1;
	huffman_make(&deflater->literals, tally->literals, LITERALS, LITERAL_LONGEST);
	huffman_make(&deflater->distances, tally->distances, DISTANCE_CODES, HUFFMAN_LONGEST);
	head_make(&head, &deflater->literals, &deflater->distances);
	uint64_t own = head.cost + extra +
		       huffman_cost(&deflater->literals, tally->literals, LITERALS) +
		       huffman_cost(&deflater->distances, tally->distances, DISTANCE_CODES);
	uint64_t fixed = extra +
			 huffman_cost(&deflater->fixed_literals, tally->literals, LITERALS) +
			 huffman_cost(&deflater->fixed_distances, tally->distances, DISTANCE_CODES);
	if (stored <= own && stored <= fixed) {
		write_stored(block->in, block->length, bits);
	} else if (fixed <= own) {
		put_bits(bits, 1 << 1, 3);
		write_coded(deflater, block, &deflater->fixed_literals, &deflater->fixed_distances,
			    bits);
	} else {
		put_bits(bits, 2 << 1, 3);
		head_write(&head, bits);
		write_coded(deflater, block, &deflater->literals, &deflater->distances, bits);
	}
}

/* Makes `part` the end of `block` where that costs less than a code for each. */
static bool join(const struct worth *worth, struct part *block, const struct part *part)
{
	struct part both = *block;
	tally_add(&both.tally, &part->tally);
	both.count += part->count;
	both.length += part->length;
	both.worth = worth_of(worth, &both.tally);
	if (both.worth > block->worth + part->worth + HEAD_BITS * WORTH_BIT)
		return false;
	*block = both;
	return true;
}

/* The sequences of the block at hand are in front, those of the next part behind them. */
static void write_parts(struct deflater *deflater, const uint8_t *in, size_t length,
			struct bits *bits)
{
	struct part block = { 0 }, part;
	struct sequence *sequences = deflater->sequences;
	for (size_t at = 0, start; at < length;) {
		start = at;
		struct sequence *next = sequences + block.count;
		part.count = matcher_take(deflater->matcher, &at, &deflater->worth, next);
		part.in = in + start;
		part.length = at - start;
		tally_sequences(&part.tally, &deflater->alphabet, next, part.count, part.in);
		part.worth = worth_of(&deflater->worth, &part.tally);
		worth_learn(&deflater->worth, &part.tally);
		bool has_room = block.count + part.count <= (PARTS - 1) * PART_SEQUENCES;
		if (block.count > 0 && has_room && join(&deflater->worth, &block, &part))
			continue;
		if (block.count > 0)
			write_block(deflater, &block, bits);
		memmove(sequences, next, part.count * sizeof(*next));
		block = part;
	}
	write_block(deflater, &block, bits);
}

size_t deflate_block(struct deflater *deflater, const uint8_t *in, size_t length, uint8_t *out)
{
	struct bits bits = { 0, 0, out };
	if (deflater->level == 0 && length > 0) {
		write_stored(in, length, &bits);
	} else if (length > 0) {
		worth_forget(&deflater->worth);
		matcher_begin(deflater->matcher, in, length, deflater->level);
		write_parts(deflater, in, length, &bits);
	}
	write_stored(in, 0, &bits);
	return (size_t)(bits.out - out);
}
