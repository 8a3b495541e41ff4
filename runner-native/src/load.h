/* Bytes as numbers, the first one lowest, whatever the processor's order. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t load32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap32(value);
#endif
	return value;
}

static inline uint64_t load64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	return value;
}

static inline void store64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	memcpy(at, &value, sizeof(value));
}

/* How many bytes are the same, `most` at most; the first `from` are known to be. */
static inline size_t same_bytes(const uint8_t *a, const uint8_t *b, size_t from, size_t most)
{
	size_t length = from;
	for (; length + 8 <= most; length += 8) {
		uint64_t difference = load64(a + length) ^ load64(b + length);
		if (difference != 0)
			return length + ((size_t)__builtin_ctzll(difference) >> 3);
	}
	while (length < most && a[length] == b[length])
		length++;
	return length;
}
