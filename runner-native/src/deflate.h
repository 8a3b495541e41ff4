/* Deflate (RFC 1951) of blocks that know nothing of each other. The same input and level give the
 * same bytes on every machine: nothing here depends on the processor, the library or the time, and
 * a change of what comes out needs another number in DEFLATE_FORM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of the name under which clients keep what was compressed. */
#define DEFLATE_FORM 2

#define DEFLATE_LARGEST ((size_t)1 << 20)

/* What one thread needs: a megabyte of tables. */
struct deflater;

/* NULL without memory. Levels are 0 (stored) to 9. */
struct deflater *deflater_new(int level);
void deflater_free(struct deflater *deflater);

/* The most that `length` bytes can come to. */
size_t deflate_bound(size_t length);

/* Deflates at most DEFLATE_LARGEST bytes to `out`, which has room for deflate_bound(length), as
 * blocks of which none is the last, and an empty stored one, with which they end on a byte.
 * Returns how many bytes were written. */
size_t deflate_block(struct deflater *deflater, const uint8_t *in, size_t length, uint8_t *out);
