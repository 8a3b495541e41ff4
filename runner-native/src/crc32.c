/* Implementation of crc32.h: eight bytes at a time, each by a table of its own. */
#include "crc32.h"

#include <string.h>

#define POLYNOMIAL 0xedb88320u

/* tables[n][b] is what the byte b does to the CRC when n bytes follow it. */
static uint32_t tables[8][256];

void crc32_init(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][byte] = crc;
	}
	for (int n = 1; n < 8; n++)
		for (int byte = 0; byte < 256; byte++) {
			uint32_t crc = tables[n - 1][byte];
			tables[n][byte] = crc >> 8 ^ tables[0][crc & 0xff];
		}
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t length)
{
	const uint8_t *at = data;
	crc = ~crc;
	for (; length >= 8; length -= 8, at += 8) {
		uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 |
				      (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
		crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^
		      tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24] ^ tables[3][at[4]] ^
		      tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
	}
	for (; length > 0; length--, at++)
		crc = crc >> 8 ^ tables[0][(crc ^ *at) & 0xff];
	return ~crc;
}

/* The product of two polynomials, their highest power in the lowest bit. */
static uint32_t times(uint32_t a, uint32_t b)
{
	uint32_t product = 0;
	for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0);
	}
	return product;
}

uint32_t crc32_join(uint32_t first, uint32_t second, uint64_t second_length)
{
	/* x to the power of 8 * second_length, by squares; x^8 is the bit 31 - 8. */
	uint32_t power = 1u << 31, square = 1u << (31 - 8);
	for (uint64_t left = second_length; left != 0; left >>= 1) {
		if (left & 1)
			power = times(power, square);
		square = times(square, square);
	}
	return times(first, power) ^ second;
}
