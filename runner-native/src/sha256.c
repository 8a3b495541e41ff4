/* Implementation of sha256.h in plain C. */
#include "sha256.h"

#include <string.h>

const uint32_t sha256_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static inline uint32_t rotate(uint32_t value, int by)
{
	return value >> by | value << (32 - by);
}

static inline uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_word(uint8_t *at, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* Round `i`, for the state in the order in which it has come to be by then: nothing is moved. */
static inline __attribute__((always_inline)) void mix_round(uint32_t s[8], const uint32_t w[16],
							    int i)
{
	uint32_t *a = &s[-i & 7], *b = &s[(1 - i) & 7], *c = &s[(2 - i) & 7], *d = &s[(3 - i) & 7];
	uint32_t *e = &s[(4 - i) & 7], *f = &s[(5 - i) & 7], *g = &s[(6 - i) & 7];
	uint32_t *h = &s[(7 - i) & 7];
	*h += (rotate(*e, 6) ^ rotate(*e, 11) ^ rotate(*e, 25)) + (*g ^ (*e & (*f ^ *g))) +
	      sha256_constants[i] + w[i & 15];
	*d += *h;
	*h += (rotate(*a, 2) ^ rotate(*a, 13) ^ rotate(*a, 22)) + ((*a & *b) | (*c & (*a | *b)));
}

/* Word `i` of the schedule takes the place of the one 16 before it. */
static inline __attribute__((always_inline)) void schedule(uint32_t w[16], int i)
{
	uint32_t a = w[(i + 1) & 15], b = w[(i + 14) & 15];
	w[i & 15] += w[(i + 9) & 15] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		     (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
}

static inline __attribute__((always_inline)) void mix_blocks(uint32_t state[8], const uint8_t *data,
							     size_t blocks)
{
	uint32_t w[16], s[8];
	for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
		memcpy(s, state, sizeof(s));
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			w[i] = word_at(data + 4 * i);
			mix_round(s, w, i);
		}
#pragma GCC unroll 48
		for (int i = 16; i < 64; i++) {
			schedule(w, i);
			mix_round(s, w, i);
		}
		for (int i = 0; i < 8; i++)
			state[i] += s[i];
	}
}

void sha256_mix_plain(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	mix_blocks(state, data, blocks);
}

#if defined(__x86_64__)

__attribute__((target("bmi2"))) void sha256_mix_bmi2(uint32_t state[8], const uint8_t *data,
						     size_t blocks)
{
	mix_blocks(state, data, blocks);
}

#endif

static void mix(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	sha256_mix *quick = sha256_by_processor();
	(quick == NULL ? sha256_mix_plain : quick)(state, data, blocks);
}

void sha256_begin(struct sha256 *sha)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	memcpy(sha->state, start, sizeof(start));
	sha->length = 0;
}

void sha256_add(struct sha256 *sha, const void *data, size_t length)
{
	const uint8_t *at = data;
	size_t held = sha->length % SHA256_BLOCK;
	sha->length += length;
	if (held > 0) {
		size_t part = SHA256_BLOCK - held < length ? SHA256_BLOCK - held : length;
		memcpy(sha->rest + held, at, part);
		if (held + part < SHA256_BLOCK)
			return;
		mix(sha->state, sha->rest, 1);
		at += part;
		length -= part;
	}
	mix(sha->state, at, length / SHA256_BLOCK);
	memcpy(sha->rest, at + (length & ~(size_t)(SHA256_BLOCK - 1)), length % SHA256_BLOCK);
}

void sha256_tell(const struct sha256 *sha, uint8_t state[SHA256_BYTES])
{
	for (int i = 0; i < 8; i++)
		put_word(state + 4 * i, sha->state[i]);
}

void sha256_pass(struct sha256 *sha, const void *data, size_t length)
{
	size_t held = sha->length % SHA256_BLOCK;
	sha->length += length;
	size_t rest = sha->length % SHA256_BLOCK;
	if (rest <= length)
		memcpy(sha->rest, (const uint8_t *)data + length - rest, rest);
	else
		memcpy(sha->rest + held, data, length);
}

void sha256_resume(struct sha256 *sha, const uint8_t state[SHA256_BYTES])
{
	for (int i = 0; i < 8; i++)
		sha->state[i] = word_at(state + 4 * i);
}

void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
	static const uint8_t padding[SHA256_BLOCK] = { 0x80 };
	uint64_t bits = sha->length * 8;
	size_t held = sha->length % SHA256_BLOCK;
	uint8_t tail[8];
	put_word(tail, (uint32_t)(bits >> 32));
	put_word(tail + 4, (uint32_t)bits);
	sha256_add(sha, padding, (held < 56 ? 56 : 120) - held);
	sha256_add(sha, tail, sizeof(tail));
	sha256_tell(sha, digest);
}
