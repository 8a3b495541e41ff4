/* sha256 by the instructions that x86-64 and ARMv8 processors may have for it. Which are there is
 * asked at run time: one program runs on all of them. */
#include "sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

/* The state as the instructions want it: A B E F and C D G H, the first in the highest lane. */
WITH_SHA static void mix_x86(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i low =
		_mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
	__m128i high = _mm_shuffle_epi32(
		_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(low, high, 8);
	__m128i cdgh = _mm_blend_epi16(high, low, 0xf0);
	for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
		__m128i before[2] = { abef, cdgh }, w[4];
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i *now = &w[i & 3], *last = &w[(i + 3) & 3];
			if (i < 4) {
				const uint8_t *at = data + 16 * i;
				*now = _mm_shuffle_epi8(
					_mm_loadu_si128((const __m128i *)(const void *)at), swap);
			} else {
				__m128i sum = _mm_sha256msg1_epu32(*now, w[(i + 1) & 3]);
				sum = _mm_add_epi32(sum, _mm_alignr_epi8(*last, w[(i + 2) & 3], 4));
				*now = _mm_sha256msg2_epu32(sum, *last);
			}
			const uint32_t *constants = sha256_constants + 4 * i;
			__m128i k = _mm_add_epi32(
				*now, _mm_loadu_si128((const __m128i *)(const void *)constants));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, before[0]);
		cdgh = _mm_add_epi32(cdgh, before[1]);
	}
	low = _mm_shuffle_epi32(abef, 0x1b);
	high = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

sha256_mix *sha256_by_processor(void)
{
	static int known; /* 1 to 3 once asked; the answer is always the same */
	static sha256_mix *const mixes[] = { NULL, NULL, sha256_mix_bmi2, mix_x86 };
	int has = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (has == 0) {
		unsigned a, b = 0, c = 0, d;
		bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) != 0;
		bool more = __get_cpuid_count(7, 0, &a, &b, &c, &d);
		has = more && sse && (b & bit_SHA) != 0 ? 3 : more && (b & bit_BMI2) != 0 ? 2 : 1;
		__atomic_store_n(&known, has, __ATOMIC_RELAXED);
	}
	return mixes[has];
}

#elif defined(__aarch64__)

#include <arm_neon.h>
#include <sys/auxv.h>

#define HWCAP_SHA2_BIT (1UL << 6)

__attribute__((target("+crypto"))) static void mix_arm(uint32_t state[8], const uint8_t *data,
						       size_t blocks)
{
	uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
	for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
		uint32x4_t before[2] = { abcd, efgh }, w[4];
		for (int i = 0; i < 16; i++) {
			uint32x4_t *now = &w[i & 3];
			if (i < 4)
				*now = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
			else
				*now = vsha256su1q_u32(vsha256su0q_u32(*now, w[(i + 1) & 3]),
						       w[(i + 2) & 3], w[(i + 3) & 3]);
			uint32x4_t k = vaddq_u32(*now, vld1q_u32(sha256_constants + 4 * i));
			uint32x4_t old = abcd;
			abcd = vsha256hq_u32(abcd, efgh, k);
			efgh = vsha256h2q_u32(efgh, old, k);
		}
		abcd = vaddq_u32(abcd, before[0]);
		efgh = vaddq_u32(efgh, before[1]);
	}
	vst1q_u32(state, abcd);
	vst1q_u32(state + 4, efgh);
}

sha256_mix *sha256_by_processor(void)
{
	return getauxval(AT_HWCAP) & HWCAP_SHA2_BIT ? mix_arm : NULL;
}

#else

sha256_mix *sha256_by_processor(void)
{
	return NULL;
}

#endif
