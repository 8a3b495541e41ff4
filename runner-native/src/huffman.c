/* Implementation of huffman.h. Which of two equally frequent symbols gets the shorter code is
 * decided by their numbers: the same frequencies give the same code everywhere. */
#include "huffman.h"

#include <string.h>

enum { SYMBOL_BITS = 9 };

/* Sorts by frequency, byte by byte up to the highest that any has; equal ones keep the order of
 * their symbols. */
static void sort(uint32_t *leaves, size_t count)
{
	uint32_t other[HUFFMAN_SYMBOLS], all = 0;
	for (size_t i = 0; i < count; i++)
		all |= leaves[i];
	for (unsigned shift = SYMBOL_BITS; shift < 32 && all >> shift != 0; shift += 8) {
		uint16_t start[257] = { 0 };
		for (size_t i = 0; i < count; i++)
			start[(leaves[i] >> shift & 255) + 1]++;
		for (size_t byte = 0; byte < 256; byte++)
			start[byte + 1] = (uint16_t)(start[byte + 1] + start[byte]);
		for (size_t i = 0; i < count; i++)
			other[start[leaves[i] >> shift & 255]++] = leaves[i];
		memcpy(leaves, other, count * sizeof(*leaves));
	}
}

/* How deep each leaf lies in Huffman's tree, by two queues: leaves by frequency, and the inner
 * nodes, which come to be in that order. Counts the leaves of each depth; too deep ones count as
 * `longest`. */
static void count_depths(const uint32_t *leaves, size_t leaf_count, unsigned longest,
			 uint32_t depths[HUFFMAN_LONGEST + 1])
{
	uint32_t weight[HUFFMAN_SYMBOLS];
	uint16_t parent[2 * HUFFMAN_SYMBOLS];
	uint8_t depth[HUFFMAN_SYMBOLS];
	size_t leaf = 0, inner = 0, made = 0;
	for (; made + 1 < leaf_count; made++) {
		weight[made] = 0;
		for (int child = 0; child < 2; child++) {
			bool is_leaf =
				leaf < leaf_count &&
				(inner == made || leaves[leaf] >> SYMBOL_BITS <= weight[inner]);
			weight[made] += is_leaf ? leaves[leaf] >> SYMBOL_BITS : weight[inner];
			parent[is_leaf ? leaf++ : leaf_count + inner++] = (uint16_t)made;
		}
	}
	depth[made - 1] = 0;
	for (size_t i = made - 1; i-- > 0;)
		depth[i] = (uint8_t)(depth[parent[leaf_count + i]] + 1);
	memset(depths, 0, (HUFFMAN_LONGEST + 1) * sizeof(*depths));
	for (size_t i = 0; i < leaf_count; i++) {
		unsigned bits = depth[parent[i]] + 1u;
		depths[bits < longest ? bits : longest]++;
	}
}

/* Makes a code of the lengths possible again after the too long ones were cut. */
static void repair(uint32_t depths[HUFFMAN_LONGEST + 1], unsigned longest)
{
	uint32_t room = 1u << longest, used = 0;
	for (unsigned bits = 1; bits <= longest; bits++)
		used += depths[bits] << (longest - bits);
	for (; used > room; used--) {
		unsigned bits = longest - 1;
		while (depths[bits] == 0)
			bits--;
		/* A leaf goes one deeper and takes one of the longest as its brother. */
		depths[bits]--;
		depths[bits + 1] += 2;
		depths[longest]--;
	}
}

static uint16_t reversed(uint32_t value, unsigned bits)
{
	uint32_t result = 0;
	for (; bits > 0; bits--, value >>= 1)
		result = result << 1 | (value & 1);
	return (uint16_t)result;
}

void huffman_codes(struct huffman *code, size_t count)
{
	uint32_t often[HUFFMAN_LONGEST + 1] = { 0 }, next[HUFFMAN_LONGEST + 1] = { 0 };
	for (size_t i = 0; i < count; i++)
		often[code->symbol[i].length]++;
	often[0] = 0; /* what has no code */
	for (unsigned bits = 1; bits <= HUFFMAN_LONGEST; bits++)
		next[bits] = (next[bits - 1] + often[bits - 1]) << 1;
	for (size_t i = 0; i < count; i++)
		if (code->symbol[i].length > 0)
			code->symbol[i].code =
				reversed(next[code->symbol[i].length]++, code->symbol[i].length);
}

void huffman_make(struct huffman *code, const uint32_t *often, size_t count, unsigned longest)
{
	uint32_t leaves[HUFFMAN_SYMBOLS] = { 0 }, depths[HUFFMAN_LONGEST + 1];
	size_t leaf_count = 0;
	memset(code, 0, sizeof(*code));
	for (size_t i = 0; i < count; i++)
		if (often[i] > 0)
			leaves[leaf_count++] = often[i] << SYMBOL_BITS | (uint32_t)i;
	for (uint32_t i = 0; leaf_count < 2; i++)
		if (often[i] == 0)
			leaves[leaf_count++] = 1 << SYMBOL_BITS | i;
	sort(leaves, leaf_count);
	count_depths(leaves, leaf_count, longest, depths);
	repair(depths, longest);
	/* The rarest get the longest. */
	size_t leaf = 0;
	for (unsigned bits = longest; bits > 0; bits--)
		for (uint32_t i = 0; i < depths[bits]; i++)
			code->symbol[leaves[leaf++] & ((1 << SYMBOL_BITS) - 1)].length =
				(uint8_t)bits;
	huffman_codes(code, count);
}

uint64_t huffman_cost(const struct huffman *code, const uint32_t *often, size_t count)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++)
		bits += (uint64_t)often[i] * code->symbol[i].length;
	return bits;
}
