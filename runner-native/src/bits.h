/* Bits on their way to bytes, the lowest first. Eight bytes are written at a time: behind what is
 * written there is room for BITS_PAD more. */
#pragma once

#include "load.h"

enum { BITS_PAD = 8 };

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
	store64(bits->out, bits->held);
	bits->out += bits->count >> 3;
	bits->held >>= bits->count & ~7u;
	bits->count &= 7;
}
