/* Implementation of match_chain.h. */
#include "match_chain.h"

#include <stdbool.h>
#include <string.h>

#include "load.h"

void chains_begin(struct chains *chains, const uint8_t *in, size_t length, int level)
{
	static const struct {
		uint16_t tries, nice;
	} efforts[10] = {
		[5] = { 6, 32 },    [6] = { 20, 64 },	[7] = { 64, 130 },
		[8] = { 160, 258 }, [9] = { 600, 258 },
	};
	chains->in = in;
	chains->length = length;
	chains->tries = efforts[level].tries;
	chains->nice = efforts[level].nice;
	memset(chains->last, 0, sizeof(chains->last));
}

static inline uint32_t *last_of(struct chains *chains, size_t place)
{
	uint32_t bytes = load32(chains->in + place);
	return &chains->last[bytes * 0x9e3779b1u >> (32 - CHAIN_HASH_BITS)];
}

/* Makes `place` the last one of its bytes, of which there are four; returns the one before it. */
static inline uint32_t enter(struct chains *chains, size_t place)
{
	uint32_t *last = last_of(chains, place), found = *last;
	chains->before[place % WINDOW] = found;
	*last = (uint32_t)place + 1;
	return found;
}

struct match {
	size_t length; /* 0 where there is none */
	size_t distance;
};

/* The longest match at `place`, which is entered, that is longer than `shorter` and worth it. */
static inline struct match find(struct chains *chains, size_t place, size_t shorter,
				const struct worth *worth)
{
	static const struct match none = { 0 };
	struct match best = { shorter, 0 };
	size_t left = chains->length - place;
	if (left < MATCH_SHORTEST)
		return none;
	size_t most = left < MATCH_LONGEST ? left : MATCH_LONGEST;
	const uint8_t *in = chains->in, *here = in + place;
	uint32_t from = enter(chains, place), bytes = load32(here);
	if (left > MATCH_SHORTEST)
		__builtin_prefetch(last_of(chains, place + 1));
	for (size_t tries = chains->tries; from != 0 && tries > 0; tries--) {
		size_t earlier = from - 1, distance = place - earlier;
		if (distance >= WINDOW)
			break;
		const uint8_t *there = in + earlier;
		from = chains->before[earlier % WINDOW];
		/* What would be longer agrees where the best one so far ends. */
		if (load32(there) != bytes || best.length >= most ||
		    (best.length >= 4 &&
		     load32(there + best.length - 3) != load32(here + best.length - 3)))
			continue;
		size_t length = same_bytes(there, here, 4, most);
		if (length > best.length &&
		    length >= worth->shortest[worth_width((uint32_t)distance - 1)])
			best = (struct match){ length, distance };
		if (length >= chains->nice)
			break;
	}
	return best.distance == 0 ? none : best;
}

size_t chains_take(struct chains *chains, size_t *at, const struct worth *worth,
		   struct sequence *sequences)
{
	size_t place = *at, done = *at, count = 0, tokens = 0;
	while (tokens + (place - done) < PART && place < chains->length) {
		struct match match = find(chains, place, 0, worth);
		if (match.length == 0) {
			place++;
			continue;
		}
		size_t entered = place;
		while (match.length < chains->nice && entered + 1 < chains->length) {
			struct match next = find(chains, ++entered, match.length, worth);
			if (next.length == 0)
				break;
			place = entered;
			match = next;
		}
		sequences[count++] =
			(struct sequence){ (uint32_t)(place - done), (uint16_t)match.length,
					   (uint16_t)(match.distance - 1) };
		tokens += place - done + 1;
		done = place + match.length;
		for (place = entered + 1; place < done; place++)
			if (place + MATCH_SHORTEST <= chains->length)
				(void)enter(chains, place);
		place = done;
	}
	if (place > done)
		sequences[count++] = (struct sequence){ (uint32_t)(place - done), 0, 0 };
	*at = place;
	return count;
}
