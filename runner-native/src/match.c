/* Implementation of match.h: chains of the places where the same four bytes were seen. Places are
 * numbers of bytes from the start of the input plus one; 0 is none. */
#include "match.h"

#include <stdlib.h>
#include <string.h>

enum { HASH_BITS = 15, AHEAD = 1 /* how early a place's chain is fetched */ };

struct matcher {
	const uint8_t *in;
	size_t length;
	struct match_effort effort;
	uint32_t last[1 << HASH_BITS];
	uint32_t before[WINDOW]; /* by place: the place before it in its chain */
};

const struct match_effort match_efforts[10] = {
	[1] = { 3, 24, 0 },   [2] = { 6, 32, 0 },    [3] = { 10, 48, 0 },
	[4] = { 6, 32, 1 },   [5] = { 12, 64, 1 },   [6] = { 32, 96, 1 },
	[7] = { 64, 130, 1 }, [8] = { 160, 258, 1 }, [9] = { 600, 258, 1 },
};

struct matcher *matcher_new(void)
{
	return malloc(sizeof(struct matcher));
}

void matcher_free(struct matcher *matcher)
{
	free(matcher);
}

void matcher_begin(struct matcher *matcher, const uint8_t *in, size_t length,
		   const struct match_effort *effort)
{
	matcher->in = in;
	matcher->length = length;
	matcher->effort = *effort;
	memset(matcher->last, 0, sizeof(matcher->last));
}

/* The first byte lowest, whatever the processor's order: hashes decide what is found. */
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

static inline uint32_t *last_of(struct matcher *matcher, size_t place)
{
	uint32_t bytes = load32(matcher->in + place);
	return &matcher->last[bytes * 0x9e3779b1u >> (32 - HASH_BITS)];
}

/* Makes `place` the last one of its bytes, of which there are four; returns the one before it. */
static inline uint32_t enter(struct matcher *matcher, size_t place)
{
	uint32_t *last = last_of(matcher, place), found = *last;
	matcher->before[place % WINDOW] = found;
	*last = (uint32_t)place + 1;
	return found;
}

struct match {
	size_t length; /* 0 where there is none */
	size_t distance;
};

/* The longest match at `place`, which is entered, that is longer than `shorter`. */
static inline struct match find(struct matcher *matcher, size_t place, size_t shorter)
{
	struct match best = { shorter, 0 };
	size_t left = matcher->length - place;
	if (left < 4)
		return (struct match){ 0 };
	size_t most = left < MATCH_LONGEST ? left : MATCH_LONGEST;
	const uint8_t *in = matcher->in, *here = in + place;
	uint32_t from = enter(matcher, place), bytes = load32(here);
	if (left > 4)
		__builtin_prefetch(last_of(matcher, place + 1));
	for (int tries = matcher->effort.depth; from != 0 && tries > 0; tries--) {
		size_t earlier = from - 1, distance = place - earlier;
		if (distance >= WINDOW)
			break;
		const uint8_t *there = in + earlier;
		from = matcher->before[earlier % WINDOW];
		/* What would be longer agrees where the best one so far ends. */
		if (load32(there) != bytes || best.length >= most ||
		    (best.length >= 4 &&
		     load32(there + best.length - 3) != load32(here + best.length - 3)))
			continue;
		size_t length = same_bytes(there, here, 4, most);
		if (length > best.length)
			best = (struct match){ length, distance };
		if (length >= matcher->effort.nice)
			break;
	}
	return best.distance == 0 ? (struct match){ 0 } : best;
}

/* Takes a match at the next byte where that is worth a literal. */
static inline struct match wait_for_better(struct matcher *matcher, struct match match, size_t *at,
					   uint32_t *tokens, size_t *count)
{
	while (match.length < matcher->effort.nice && *count + 2 <= TOKENS) {
		struct match next = find(matcher, *at + 1, match.length);
		if (next.length == 0) {
			match.distance |= (size_t)1 << 32; /* the next byte has been entered */
			return match;
		}
		tokens[(*count)++] = matcher->in[(*at)++];
		match = next;
	}
	return match;
}

size_t matcher_take(struct matcher *matcher, size_t *at, uint32_t tokens[TOKENS])
{
	size_t count = 0;
	while (*at < matcher->length && count < TOKENS) {
		struct match match = find(matcher, *at, 0);
		if (match.length == 0) {
			tokens[count++] = matcher->in[(*at)++];
			continue;
		}
		if (matcher->effort.lazy)
			match = wait_for_better(matcher, match, at, tokens, &count);
		size_t entered = match.distance >> 32 ? 2 : 1;
		tokens[count++] = TOKEN_MATCH | (uint32_t)(match.length - MATCH_SHORTEST) << 16 |
				  ((uint32_t)match.distance - 1);
		for (size_t i = entered; i < match.length; i++)
			if (*at + i + 4 <= matcher->length)
				(void)enter(matcher, *at + i);
		*at += match.length;
	}
	return count;
}
