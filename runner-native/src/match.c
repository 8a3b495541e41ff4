/* Implementation of match.h. Levels 1 to 4 know the last places of each hash of five bytes and look
 * at two or four; the others follow chains of the places where the same four bytes were
 * (match_chain.c).
 *
 * A mispredicted branch costs as much as looking at eight bytes, so that all places are compared
 * before there is one. */
#include "match.h"

#include <stdbool.h>
#include <stdlib.h>

#include "load.h"
#include "match_chain.h"

/* Once for each kind of level, and fast only so. */
#define INLINED inline __attribute__((always_inline))

enum {
	HASH_BITS = 14,
	MARGIN = 12, /* the last bytes are literals: eight can be loaded at every other place */
	HURRY = 6,   /* after 1 << HURRY literals in a row every second place is looked at, ... */
	NICE = 32,   /* from this length on no better match is looked for at the next byte */
	FIRST_CHAIN = 5, /* the first level that follows chains */
};

struct matcher {
	const uint8_t *in;
	size_t length;
	int level;
	union {
		/* By hash: the last four places, the newest lowest, modulo 2 * WINDOW. Whatever
		 * stands there is taken for a place in the window, and its bytes are compared: one
		 * that nobody has set is place 0, which is in front of all that is looked up. */
		uint64_t places[1 << HASH_BITS];
		struct chains chains;
	};
};

struct matcher *matcher_new(void)
{
	return malloc(sizeof(struct matcher));
}

void matcher_free(struct matcher *matcher)
{
	free(matcher);
}

void matcher_begin(struct matcher *matcher, const uint8_t *in, size_t length, int level)
{
	matcher->in = in;
	matcher->length = length;
	matcher->level = level;
	if (level >= FIRST_CHAIN)
		chains_begin(&matcher->chains, in, length, level);
	else
		memset(matcher->places, 0, sizeof(matcher->places));
}

struct found {
	size_t length; /* 0 where there is none */
	size_t less;   /* the distance, less 1 */
};

/* Makes `place` the last one of its hash; returns those before it. */
static INLINED uint64_t enter(struct matcher *matcher, size_t place, uint64_t bytes)
{
	uint64_t *slot = &matcher->places[(bytes << 24) * 0x9e3779b185ebca87u >> (64 - HASH_BITS)];
	uint64_t before = *slot;
	*slot = before << 16 | (uint16_t)place;
	return before;
}

/* How many of eight bytes agree. */
static INLINED size_t agreeing(uint64_t difference)
{
	return ((size_t)__builtin_ctzll(difference | (uint64_t)1 << 63) >> 3) + (difference == 0);
}

/* The longest of the matches of eight bytes and more, of which there is one. */
static INLINED struct found longest(const struct matcher *matcher, size_t place, uint64_t before,
				    int ways)
{
	const uint8_t *here = matcher->in + place;
	size_t left = matcher->length - place, most = left < MATCH_LONGEST ? left : MATCH_LONGEST;
	struct found best = { 0 };
	for (int i = 0; i < ways; i++, before >>= 16) {
		size_t less = (place - 1 - before) % WINDOW;
		if (load64(here - 1 - less) != load64(here))
			continue;
		size_t length = same_bytes(here - 1 - less, here, 8, most);
		if (length > best.length)
			best = (struct found){ length, less };
	}
	return best;
}

/* The match at `place`, which is entered, that is longer than `shorter` and worth it. */
static INLINED struct found find(struct matcher *matcher, size_t place, size_t shorter,
				 const struct worth *worth, int ways)
{
	const uint8_t *here = matcher->in + place;
	uint64_t bytes = load64(here), before = enter(matcher, place, bytes);
	struct found best = { 0 };
#pragma GCC unroll 4
	for (int i = 0; i < ways; i++) {
		size_t less = (place - 1 - (before >> 16 * i)) % WINDOW;
		uint64_t difference = load64(here - 1 - less) ^ bytes;
		bool fits = (difference & worth->too_short[worth_width((uint32_t)less)]) == 0;
		size_t length = fits ? agreeing(difference) : 0;
		bool is_better = length > best.length;
		best.length = is_better ? length : best.length;
		best.less = is_better ? less : best.less;
	}
	if (best.length == 8)
		best = longest(matcher, place, before, ways);
	return best.length > shorter ? best : (struct found){ 0 };
}

/* Enters places inside of a match that begins at `start`: all, or where it begins and ends. */
static INLINED void enter_match(struct matcher *matcher, size_t start, size_t stop, size_t last,
				bool all)
{
	const uint8_t *in = matcher->in;
	if (all) {
		for (size_t place = start + 1; place < stop && place < last; place++)
			(void)enter(matcher, place, load64(in + place));
	} else if (stop <= last) {
		(void)enter(matcher, start + 1, load64(in + start + 1));
		(void)enter(matcher, start + 2, load64(in + start + 2));
		(void)enter(matcher, start + 3, load64(in + start + 3));
		(void)enter(matcher, stop - 2, load64(in + stop - 2));
		(void)enter(matcher, stop - 1, load64(in + stop - 1));
	}
}

static INLINED size_t take(struct matcher *matcher, size_t *at, const struct worth *worth,
			   struct sequence *sequences, bool all, bool lazy, int ways)
{
	size_t place = *at, done = *at, count = 0, tokens = 0;
	size_t last = matcher->length > MARGIN ? matcher->length - MARGIN : 0;
	place += place == 0; /* nothing is before the first byte */
	while (tokens < PART) {
		size_t stop = done + PART - tokens < last ? done + PART - tokens : last;
		struct found found = { 0 };
		for (; place < stop; place += 1 + ((place - done) >> HURRY)) {
			found = find(matcher, place, 0, worth, ways);
			if (found.length > 0)
				break;
		}
		if (found.length == 0)
			break;
		size_t entered = place;
		while (lazy && found.length < NICE && place + 1 < last) {
			struct found next = find(matcher, place + 1, found.length, worth, ways);
			entered = place + 1;
			if (next.length == 0)
				break;
			place++;
			found = next;
		}
		sequences[count++] =
			(struct sequence){ (uint32_t)(place - done), (uint16_t)found.length,
					   (uint16_t)found.less };
		tokens += place - done + 1;
		done = place + found.length;
		enter_match(matcher, lazy ? entered : place, done, last, all);
		place = done;
	}
	if (place >= last || place > matcher->length)
		place = matcher->length;
	if (place > done)
		sequences[count++] = (struct sequence){ (uint32_t)(place - done), 0, 0 };
	*at = place;
	return count;
}

size_t matcher_take(struct matcher *matcher, size_t *at, const struct worth *worth,
		    struct sequence *sequences)
{
	switch (matcher->level) {
	case 1:
		return take(matcher, at, worth, sequences, false, false, 2);
	case 2:
		return take(matcher, at, worth, sequences, true, false, 2);
	case 3:
		return take(matcher, at, worth, sequences, true, false, 4);
	case 4:
		return take(matcher, at, worth, sequences, true, true, 4);
	default:
		return chains_take(&matcher->chains, at, worth, sequences);
	}
}
