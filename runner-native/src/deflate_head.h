/* The head of a block with codes of its own (RFC 1951, 3.2.7): the lengths of its codes, themselves
 * coded. */
#pragma once

#include "alphabet.h"
#include "bits.h"
#include "huffman.h"

struct head {
	struct huffman lengths;				    /* the code for lengths */
	size_t literal_count, distance_count, length_count; /* how many of each stand in it */
	uint16_t run[LITERALS + DISTANCE_CODES]; /* symbols, their extra bits above bit 5 */
	size_t runs;
	uint64_t cost; /* in bits */
};

void head_make(struct head *head, const struct huffman *literals, const struct huffman *distances);

void head_write(const struct head *head, struct bits *bits);
