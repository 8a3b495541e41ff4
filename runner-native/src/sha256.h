/* sha256 of bytes as they come (FIPS 180-4), by the processor's own instructions where it has them.
 * Not for secrets: it takes no care of what its time tells. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t state[8];
	uint64_t length;
	uint8_t rest[SHA256_BLOCK]; /* of `length`, what is no whole block yet */
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t length);
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* What all whole blocks so far have made of the state, to go on from there another time: then the
 * same bytes are passed over, whose last ones may belong to a block that is not whole, and the
 * state is given back. */
void sha256_tell(const struct sha256 *sha, uint8_t state[SHA256_BYTES]);
void sha256_pass(struct sha256 *sha, const void *data, size_t length);
void sha256_resume(struct sha256 *sha, const uint8_t state[SHA256_BYTES]);

/* Mixes whole blocks into the state: one function for each kind of processor. */
typedef void sha256_mix(uint32_t state[8], const uint8_t *data, size_t blocks);

/* In plain C, and where rotating takes one instruction that leaves its operand as it is: an eighth
 * quicker. */
sha256_mix sha256_mix_plain, sha256_mix_bmi2;

/* The quickest for this processor, or NULL where that is plain C. */
sha256_mix *sha256_by_processor(void);

extern const uint32_t sha256_constants[64];
