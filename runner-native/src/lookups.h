/* What is known of paths of a step's root, by true place: the uses that are to be sent, and what is
 * there. A set and not a log: each name is kept once, below its folder. A place is relative to the
 * root, without empty names, "." and "..", and no name in it but the last is a link.
 * Threat: a step names as many paths as it likes. The set has a size, of which only what is used
 * takes memory; when it is full, it is sent and emptied. */
#pragma once

#include <linux/limits.h>

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

/* The longest place. */
#define LOOKUPS_LONGEST ((size_t)(2 * PATH_MAX))

#define LOOKUPS_ROOM  32768
#define LOOKUPS_SLOTS 65536
#define LOOKUPS_ARENA ((size_t)640 << 10)

/* A name in the folder whose entry is `parent`; the root is its own. */
struct lookup {
	uint32_t hash; /* of the place, not of the name */
	uint32_t name; /* where it begins in the arena; a link's target follows it */
	/* Who changed it last, and by which notice: until that call has ended, what is there may
	 * change at any moment. 0: nobody. */
	uint32_t changer, changed;
	uint16_t parent;
	uint16_t length, target_length;
	uint8_t uses; /* what is to be sent; 0 for nothing */
	uint8_t kind;
};

struct lookups {
	size_t count, used; /* entries, and bytes of the arena */
	struct lookup all[LOOKUPS_ROOM];
	uint16_t slots[LOOKUPS_SLOTS]; /* index + 1 into `all` by hash, 0 for free */
	char arena[LOOKUPS_ARENA];
};

/* The hash of a text that goes on after a part whose hash is `hash`. */
#define LOOKUPS_HASH_START 2166136261u
uint32_t lookups_hash(uint32_t hash, const char *text, size_t length);

/* The entry of a place with that hash, made where it is missing, as those of the folders on the way
 * are; NULL when the set is full. Valid until the set is emptied. */
struct lookup *lookups_at(struct lookups *lookups, uint32_t hash, const char *text, size_t length);

/* Remembers the target of an entry that is a link; false when the set is full. */
bool lookups_set_target(struct lookups *lookups, struct lookup *lookup, const char *target,
			size_t length);

/* Writes the place of an entry; returns its length. */
size_t lookups_place(const struct lookups *lookups, const struct lookup *lookup,
		     char place[LOOKUPS_LONGEST]);

/* Forgets what is where, but not what was looked at; forgets everything. */
void lookups_forget_kinds(struct lookups *lookups);
void lookups_clear(struct lookups *lookups);

static inline const char *lookups_target(const struct lookups *lookups, const struct lookup *lookup)
{
	return lookups->arena + lookup->name + lookup->length;
}
