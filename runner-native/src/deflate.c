/* Implementation of deflate.h: tokens to bits, with the cheapest of deflate's three kinds of block.
 */
#include "deflate.h"

#include <stdlib.h>
#include <string.h>

#include "huffman.h"
#include "match.h"

enum {
	END_OF_BLOCK = 256,
	LENGTH_CODES = 29,
	DISTANCE_CODES = 30,
	LITERALS = END_OF_BLOCK + 1 + LENGTH_CODES,
	LENGTHS_OF_LENGTHS = 19,
	STORED_LARGEST = 65535,
	PAD = 8, /* bits are written eight bytes at a time */
};

/* RFC 1951, 3.2.5. */
static const uint16_t length_base[LENGTH_CODES] = { 3,	4,  5,	6,   7,	  8,   9,   10,	 11, 13,
						    15, 17, 19, 23,  27,  31,  35,  43,	 51, 59,
						    67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_extra[LENGTH_CODES] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[DISTANCE_CODES] = {
	1,   2,	  3,   4,   5,	 7,    9,    13,   17,	 25,   33,   49,   65,	  97,	 129,
	193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577
};
static const uint8_t distance_extra[DISTANCE_CODES] = { 0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
							4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
							9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };
/* 3.2.7: in which order the lengths of the code for lengths stand. */
static const uint8_t length_order[LENGTHS_OF_LENGTHS] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
							  11, 4,  12, 3, 13, 2, 14, 1, 15 };

struct deflater {
	int level;
	struct matcher *matcher;
	uint32_t tokens[TOKENS];
	struct huffman fixed_literals, fixed_distances;
	struct huffman literals, distances, lengths;
	uint8_t code_of_length[MATCH_LONGEST + 1];
	uint8_t code_of_near[257], code_of_far[257]; /* of distances up to 256, and beyond by 128 */
};

struct bits {
	uint64_t held;
	unsigned count; /* below 8 between two writes */
	uint8_t *out;
};

/* At most 56 bits. */
static inline void put_bits(struct bits *bits, uint64_t value, unsigned count)
{
	bits->held |= value << bits->count;
	bits->count += count;
	uint64_t held = bits->held;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	held = __builtin_bswap64(held);
#endif
	memcpy(bits->out, &held, sizeof(held));
	bits->out += bits->count >> 3;
	bits->held >>= bits->count & ~7u;
	bits->count &= 7;
}

static void fill_tables(struct deflater *deflater)
{
	for (int code = 0; code < LENGTH_CODES; code++)
		for (int i = 0; i < 1 << length_extra[code]; i++)
			if (length_base[code] + i <= MATCH_LONGEST)
				deflater->code_of_length[length_base[code] + i] = (uint8_t)code;
	for (int code = 0; code < DISTANCE_CODES; code++)
		for (int i = 0; i < 1 << distance_extra[code]; i++) {
			int distance = distance_base[code] + i;
			if (distance <= 256)
				deflater->code_of_near[distance] = (uint8_t)code;
			else
				deflater->code_of_far[(distance - 1) >> 7] = (uint8_t)code;
		}
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
	fill_tables(deflater);
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
	size_t blocks = length / TOKENS + length / STORED_LARGEST + 2;
	return length + blocks * 6 + PAD + 5;
}

static unsigned distance_code(const struct deflater *deflater, uint32_t distance)
{
	return distance <= 256 ? deflater->code_of_near[distance]
			       : deflater->code_of_far[(distance - 1) >> 7];
}

static void count_symbols(const struct deflater *deflater, size_t tokens, uint32_t *literals,
			  uint32_t *distances)
{
	memset(literals, 0, LITERALS * sizeof(*literals));
	memset(distances, 0, DISTANCE_CODES * sizeof(*distances));
	for (size_t i = 0; i < tokens; i++) {
		uint32_t token = deflater->tokens[i];
		if (token & TOKEN_MATCH) {
			uint8_t code = deflater->code_of_length[token_length(token)];
			literals[END_OF_BLOCK + 1 + code]++;
			distances[distance_code(deflater, token_distance(token))]++;
		} else {
			literals[token]++;
		}
	}
	literals[END_OF_BLOCK] = 1;
}

static uint64_t cost_of(const uint32_t *often, const struct huffman *code, size_t count)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++)
		bits += (uint64_t)often[i] * code->symbol[i].length;
	return bits;
}

static uint64_t cost_of_extra(const uint32_t *literals, const uint32_t *distances)
{
	uint64_t bits = 0;
	for (int i = 0; i < LENGTH_CODES; i++)
		bits += (uint64_t)literals[END_OF_BLOCK + 1 + i] * length_extra[i];
	for (int i = 0; i < DISTANCE_CODES; i++)
		bits += (uint64_t)distances[i] * distance_extra[i];
	return bits;
}

/* The head of a block with codes of its own: 3.2.7. */
struct head {
	size_t literals, distances, lengths;	 /* how many lengths of each code stand in it */
	uint16_t run[LITERALS + DISTANCE_CODES]; /* symbols, their extra bits above bit 5 */
	size_t runs;
	uint64_t cost;
};

/* Bits that follow a symbol of the code for lengths. */
static unsigned extra_of_run(unsigned symbol)
{
	return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0;
}

/* The same length `times` in a row. */
static void add_runs(struct head *head, unsigned value, size_t times)
{
	bool is_first = true; /* a repetition needs something to repeat */
	while (times > 0) {
		size_t now = 1;
		unsigned symbol = value, extra = 0;
		if (value == 0 && times >= 3) {
			now = times < 138 ? times : 138;
			symbol = now < 11 ? 17 : 18;
			extra = (unsigned)now - (now < 11 ? 3 : 11);
		} else if (!is_first && times >= 3) {
			now = times < 6 ? times : 6;
			symbol = 16;
			extra = (unsigned)now - 3;
		}
		head->run[head->runs++] = (uint16_t)(symbol | extra << 5);
		is_first = false;
		times -= now;
	}
}

static void make_head(struct deflater *deflater, struct head *head)
{
	uint8_t all[LITERALS + DISTANCE_CODES];
	uint32_t often[LENGTHS_OF_LENGTHS] = { 0 };
	head->literals = LITERALS;
	while (deflater->literals.symbol[head->literals - 1].length == 0)
		head->literals--;
	head->distances = DISTANCE_CODES;
	while (deflater->distances.symbol[head->distances - 1].length == 0)
		head->distances--;
	for (size_t i = 0; i < head->literals; i++)
		all[i] = deflater->literals.symbol[i].length;
	for (size_t i = 0; i < head->distances; i++)
		all[head->literals + i] = deflater->distances.symbol[i].length;
	head->runs = 0;
	size_t count = head->literals + head->distances;
	for (size_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count && all[end] == all[at];)
			end++;
		add_runs(head, all[at], end - at);
	}
	for (size_t i = 0; i < head->runs; i++)
		often[head->run[i] & 31]++;
	huffman_make(&deflater->lengths, often, LENGTHS_OF_LENGTHS, 7);
	head->lengths = LENGTHS_OF_LENGTHS;
	while (head->lengths > 4 &&
	       deflater->lengths.symbol[length_order[head->lengths - 1]].length == 0)
		head->lengths--;
	head->cost = 5 + 5 + 4 + 3 * head->lengths +
		     cost_of(often, &deflater->lengths, LENGTHS_OF_LENGTHS);
	for (unsigned i = 16; i <= 18; i++)
		head->cost += (uint64_t)often[i] * extra_of_run(i);
}

static void write_head(const struct deflater *deflater, const struct head *head, struct bits *bits)
{
	put_bits(bits, head->literals - 257, 5);
	put_bits(bits, head->distances - 1, 5);
	put_bits(bits, head->lengths - 4, 4);
	for (size_t i = 0; i < head->lengths; i++)
		put_bits(bits, deflater->lengths.symbol[length_order[i]].length, 3);
	for (size_t i = 0; i < head->runs; i++) {
		unsigned symbol = head->run[i] & 31;
		put_bits(bits, deflater->lengths.symbol[symbol].code,
			 deflater->lengths.symbol[symbol].length);
		put_bits(bits, head->run[i] >> 5, extra_of_run(symbol));
	}
}

static void write_tokens(const struct deflater *deflater, size_t tokens,
			 const struct huffman *literals, const struct huffman *distances,
			 struct bits *bits)
{
	for (size_t i = 0; i < tokens; i++) {
		uint32_t token = deflater->tokens[i];
		if (!(token & TOKEN_MATCH)) {
			put_bits(bits, literals->symbol[token].code,
				 literals->symbol[token].length);
			continue;
		}
		uint32_t length = token_length(token), distance = token_distance(token);
		unsigned near = deflater->code_of_length[length];
		unsigned far = distance_code(deflater, distance);
		unsigned symbol = END_OF_BLOCK + 1 + near, count = literals->symbol[symbol].length;
		uint64_t value = literals->symbol[symbol].code;
		value |= (uint64_t)(length - length_base[near]) << count;
		count += length_extra[near];
		value |= (uint64_t)distances->symbol[far].code << count;
		count += distances->symbol[far].length;
		value |= (uint64_t)(distance - distance_base[far]) << count;
		put_bits(bits, value, count + distance_extra[far]);
	}
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

/* Writes the tokens, which stand for `length` bytes at `in`, in the form that takes the least. */
static void write_block(struct deflater *deflater, size_t tokens, const uint8_t *in, size_t length,
			struct bits *bits)
{
	uint32_t literals[LITERALS], distances[DISTANCE_CODES];
	struct head head;
	count_symbols(deflater, tokens, literals, distances);
	huffman_make(&deflater->literals, literals, LITERALS, HUFFMAN_LONGEST);
	huffman_make(&deflater->distances, distances, DISTANCE_CODES, HUFFMAN_LONGEST);
	make_head(deflater, &head);
	uint64_t extra = cost_of_extra(literals, distances);
	uint64_t own = head.cost + extra + cost_of(literals, &deflater->literals, LITERALS) +
		       cost_of(distances, &deflater->distances, DISTANCE_CODES);
	uint64_t fixed = extra + cost_of(literals, &deflater->fixed_literals, LITERALS) +
			 cost_of(distances, &deflater->fixed_distances, DISTANCE_CODES);
	uint64_t stored = 8 * (length + 4 * (length / STORED_LARGEST + 1)) + 7;
	if (stored <= own && stored <= fixed) {
		write_stored(in, length, bits);
	} else if (fixed <= own) {
		put_bits(bits, 1 << 1, 3);
		write_tokens(deflater, tokens, &deflater->fixed_literals,
			     &deflater->fixed_distances, bits);
	} else {
		put_bits(bits, 2 << 1, 3);
		write_head(deflater, &head, bits);
		write_tokens(deflater, tokens, &deflater->literals, &deflater->distances, bits);
	}
}

size_t deflate_block(struct deflater *deflater, const uint8_t *in, size_t length, uint8_t *out)
{
	struct bits bits = { 0, 0, out };
	if (deflater->level == 0 && length > 0) {
		write_stored(in, length, &bits);
	} else if (length > 0) {
		matcher_begin(deflater->matcher, in, length, &match_efforts[deflater->level]);
		for (size_t at = 0; at < length;) {
			size_t start = at;
			size_t tokens = matcher_take(deflater->matcher, &at, deflater->tokens);
			write_block(deflater, tokens, in + start, at - start, &bits);
		}
	}
	write_stored(in, 0, &bits);
	return (size_t)(bits.out - out);
}
