/* Huffman codes as deflate wants them: canonical, of limited length, bits the other way round. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUFFMAN_SYMBOLS = 288, HUFFMAN_LONGEST = 15 };

/* One after the other, not two arrays: GCC 12 for ARM loses a function that fills the second by the
 * first. */
struct huffman {
	struct {
		uint16_t code;
		uint8_t length; /* 0 for what does not occur */
	} symbol[HUFFMAN_SYMBOLS];
};

/* Makes the code for `count` symbols that occur so often; none longer than `longest` bits. At
 * least two symbols get a code, since some readers take no tree of one leaf. */
void huffman_make(struct huffman *code, const uint32_t *often, size_t count, unsigned longest);

/* Fills in the codes for the lengths. */
void huffman_codes(struct huffman *code, size_t count);

/* How many bits symbols take that occur so often. */
uint64_t huffman_cost(const struct huffman *code, const uint32_t *often, size_t count);
