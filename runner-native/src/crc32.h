/* The CRC-32 of gzip (RFC 1952). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 at the beginning. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t length);

/* The CRC of two pieces in a row, by those of each and the length of the second. */
uint32_t crc32_join(uint32_t first, uint32_t second, uint64_t second_length);

/* Fills the tables; before any thread is there. */
void crc32_init(void);
