/* sha256, CRC-32 and deflate: known answers, and every level over odd inputs under the sanitizers.
 * That what deflate writes can be read by others is tested in test/native/pack.test.ts. */
#include "unit.h"

#include <stdlib.h>

#include "crc32.h"
#include "deflate.h"
#include "sha256.h"

static void hex_of(const uint8_t digest[SHA256_BYTES], char text[2 * SHA256_BYTES + 1])
{
	for (int i = 0; i < SHA256_BYTES; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

/* FIPS 180-4's examples, and a million times "a" in pieces of all lengths. */
static void test_sha256(void)
{
	static const char *const cases[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct sha256 sha;
	uint8_t digest[SHA256_BYTES];
	char text[2 * SHA256_BYTES + 1], letters[1000];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sha256_begin(&sha);
		sha256_add(&sha, cases[i][0], strlen(cases[i][0]));
		sha256_end(&sha, digest);
		hex_of(digest, text);
		CHECK_TEXT(text, cases[i][1]);
	}
	memset(letters, 'a', sizeof(letters));
	sha256_begin(&sha);
	for (size_t left = 1000000, length = 0; left > 0; left -= length) {
		length = (length + 7) % sizeof(letters);
		length = length < left ? length : left;
		sha256_add(&sha, letters, length);
	}
	sha256_end(&sha, digest);
	hex_of(digest, text);
	CHECK_TEXT(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Plain C, and whatever this processor has, do the same. */
static void test_processors(void)
{
	static const uint32_t pinned[8] = { 0x408af02c, 0xd6305b17, 0x7e8ac36c, 0xa904722b,
					    0x6ff884c1, 0x1a8db760, 0xc8e63cd5, 0xca79187e };
	uint8_t data[256];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	sha256_mix *mixes[] = { sha256_mix_plain, sha256_by_processor(), NULL };
#if defined(__x86_64__)
	mixes[2] = __builtin_cpu_supports("bmi2") ? sha256_mix_bmi2 : NULL;
#endif
	for (size_t i = 0; i < sizeof(mixes) / sizeof(*mixes); i++) {
		uint32_t state[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
		if (mixes[i] == NULL)
			continue;
		mixes[i](state, data, 4);
		CHECK(memcmp(state, pinned, sizeof(pinned)) == 0);
	}
}

static void test_crc32(void)
{
	const char *text = "123456789";
	CHECK(crc32_add(0, text, 9) == 0xcbf43926);
	CHECK(crc32_add(crc32_add(0, text, 4), text + 4, 5) == 0xcbf43926);
	for (size_t at = 0; at <= 9; at++)
		CHECK(crc32_join(crc32_add(0, text, at), crc32_add(0, text + at, 9 - at), 9 - at) ==
		      0xcbf43926);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Bytes of `kinds` values; 1 is a run. */
static void fill(uint8_t *bytes, size_t length, uint32_t kinds)
{
	uint32_t state = 42;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(next_random(&state) % kinds);
}

static void test_deflate(void)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 4, 5, 258, 259, 65535, 65536, 70000, 300000 };
	static const uint32_t kinds[] = { 1, 2, 20, 256 };
	for (int level = 0; level <= 9; level++) {
		struct deflater *deflater = deflater_new(level);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
			for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
				size_t length = lengths[i], bound = deflate_bound(length);
				/* Of the very size, so that the sanitizer sees a byte too far. */
				uint8_t *in = malloc(length > 0 ? length : 1), *out = malloc(bound);
				fill(in, length, kinds[k]);
				size_t first = deflate_block(deflater, in, length, out);
				uint32_t crc = crc32_add(0, out, first);
				CHECK(first <= bound);
				CHECK(deflate_block(deflater, in, length, out) == first);
				CHECK(crc32_add(0, out, first) == crc);
				free(in);
				free(out);
			}
		deflater_free(deflater);
	}
}

int main(void)
{
	crc32_init();
	test_sha256();
	test_processors();
	test_crc32();
	test_deflate();
	return unit_end("deflate");
}
