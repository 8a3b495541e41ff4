/* What is known of paths of a step's root, by true place: the uses that are to be sent, and what is
 * there. A set and not a log, in one arena, of bounded size. A place is relative to the root,
 * without empty names, "." and "..", and no name in it but the last is a link.
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
	LOOK_PROGRAM = 1 << 7, /* not sent: the kernel starts what is there */
	LOOK_UNHELD = 1 << 8,  /* not sent: whoever asks would ask again */
	LOOK_SENT = LOOK_CHANGES - 1,
};

enum kind {
	KIND_UNKNOWN,
	KIND_PLAIN, /* no link: a file, a folder, anything else */
	KIND_LINK,
	KIND_MISSING,
};

struct lookup {
	uint32_t hash;
	uint32_t text, target; /* where they begin in the arena */
	uint16_t length, target_length;
	uint8_t uses; /* what is to be sent; 0 for nothing */
	uint8_t kind;
	uint32_t generation; /* of what is known of kinds, when this one was found out */
	/* Who changed it last, and by which notice: until that call has ended, what is there may
	 * change at any moment. 0: nobody. */
	uint32_t changer, changed;
};

struct lookups {
	struct lookup *all;
	size_t count, room;
	uint32_t *slots; /* index + 1 into `all` by hash, 0 for free */
	size_t slot_count;
	char *arena;
	size_t used, arena_room;
};

/* The hash of a text that goes on after a part whose hash is `hash`. */
#define LOOKUPS_HASH_START 2166136261u
uint32_t lookups_hash(uint32_t hash, const char *text, size_t length);

/* The entry of a place with that hash, made where it is missing; NULL when the set is full. Valid
 * up to the next call. */
struct lookup *lookups_at(struct lookups *lookups, uint32_t hash, const char *text, size_t length);

/* Remembers the target of an entry that is a link; false when the set is full. */
bool lookups_set_target(struct lookups *lookups, struct lookup *lookup, const char *target,
			size_t length);

static inline const char *lookups_text(const struct lookups *lookups, const struct lookup *lookup)
{
	return lookups->arena + lookup->text;
}

static inline const char *lookups_target(const struct lookups *lookups, const struct lookup *lookup)
{
	return lookups->arena + lookup->target;
}
