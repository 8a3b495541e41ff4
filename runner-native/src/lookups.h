/* The set of paths that a step looked up, each with its uses: a set and not a log, in one arena, of
 * bounded size. It also remembers what was asked already, so that asking again costs nothing.
 * Threat: a step names as many paths as it likes; past the bound the set is full, and says so. */
#pragma once

#include "util.h"

/* The letters of PROTOCOL.md, "What a step looked at". */
enum look_use {
	LOOK_EXISTS = 1 << 0,
	LOOK_STAT = 1 << 1,
	LOOK_CONTENT = 1 << 2,
	LOOK_NAMES = 1 << 3,
	LOOK_LINK = 1 << 4,
	LOOK_FOLLOWED = 1 << 5,
	LOOK_CHANGES = 1 << 6, /* not sent: the call changes what is there */
};

struct lookup {
	uint32_t hash;
	uint32_t text; /* where its bytes begin in the arena */
	uint16_t length;
	uint8_t uses;	     /* what is to be sent of it; 0 for a path that was only asked */
	uint8_t asked;	     /* the uses with which it was asked */
	bool waits;	     /* it is in the observer's list of doubtful ones */
	uint32_t generation; /* of the step's links when it was asked; 0: not to be relied on */
};

struct lookups {
	struct lookup *all;
	size_t count, room;
	uint32_t *slots; /* index + 1 into `all` by hash, 0 for free */
	size_t slot_count;
	char *arena;
	size_t used, arena_room;
	bool full;
};

/* The entry of a path, or NULL. */
const struct lookup *lookups_find(const struct lookups *lookups, const char *text, size_t length);

/* The entry of a path, made where it is missing; NULL when the set is full. Valid up to the next
 * call. */
struct lookup *lookups_at(struct lookups *lookups, const char *text, size_t length);

/* Adds to what is to be sent of a path. */
void lookups_add(struct lookups *lookups, const char *text, size_t length, unsigned uses);

static inline const char *lookups_text(const struct lookups *lookups, const struct lookup *lookup)
{
	return lookups->arena + lookup->text;
}

void lookups_free(struct lookups *lookups);
