/* Implementation of worth.h: a symbol of n among N costs log2(N / n) bits. */
#include "worth.h"

#include <string.h>

/* A match without the extra bits of its distance: 12 bits, more or less. */
enum { MATCH_BITS = 12 };

/* The logarithm's bits one after another, by squaring. */
static uint8_t fraction_of(uint32_t value)
{
	uint64_t x = (uint64_t)value << 24; /* 1 is 2^31 */
	unsigned bits = 0;
	for (int i = 0; i < 8; i++) {
		x = x * x >> 31;
		bits = bits << 1 | (unsigned)(x >> 32);
		x >>= x >> 32;
	}
	return (uint8_t)bits;
}

void worth_fill(struct worth *worth)
{
	for (uint32_t i = 0; i < 128; i++)
		worth->fraction[i] = fraction_of(128 + i);
	worth_forget(worth);
}

static void set(struct worth *worth, unsigned width, uint64_t shortest)
{
	shortest = shortest < MATCH_SHORTEST ? MATCH_SHORTEST
		   : shortest > MATCH_SURE   ? MATCH_SURE
					     : shortest;
	worth->shortest[width] = (uint8_t)shortest;
	worth->too_short[width] = ~(uint64_t)0 >> (64 - 8 * shortest);
}

void worth_forget(struct worth *worth)
{
	for (unsigned width = 0; width < 16; width++)
		set(worth, width, MATCH_SHORTEST);
}

static uint32_t log2_of(const struct worth *worth, uint32_t value)
{
	unsigned high = 31u - (unsigned)__builtin_clz(value);
	uint32_t top = high >= 7 ? value >> (high - 7) : value << (7 - high);
	return high * WORTH_BIT + worth->fraction[top & 127];
}

static uint64_t sum(const uint32_t *often, size_t count)
{
	uint64_t all = 0;
	for (size_t i = 0; i < count; i++)
		all += often[i];
	return all;
}

/* `count` symbols out of `all`. */
static uint64_t cost(const struct worth *worth, const uint32_t *often, size_t count, uint64_t all)
{
	uint64_t whole = all > 0 ? log2_of(worth, (uint32_t)all) : 0, bits = 0;
	for (size_t i = 0; i < count; i++)
		if (often[i] > 0)
			bits += often[i] * (whole - log2_of(worth, often[i]));
	return bits;
}

uint64_t worth_of(const struct worth *worth, const struct tally *tally)
{
	return cost(worth, tally->literals, LITERALS, sum(tally->literals, LITERALS)) +
	       cost(worth, tally->distances, DISTANCE_CODES, sum(tally->distances, DISTANCE_CODES));
}

void worth_learn(struct worth *worth, const struct tally *tally)
{
	uint64_t literals = sum(tally->literals, 256);
	if (literals == 0)
		return;
	uint64_t each =
		cost(worth, tally->literals, 256, sum(tally->literals, LITERALS)) / literals + 1;
	for (unsigned width = 0; width < 16; width++) {
		uint64_t extra = width > 1 ? width - 1 : 0;
		set(worth, width, ((MATCH_BITS + extra) * WORTH_BIT + each - 1) / each);
	}
}
