/* Where an entry goes: its parent folder, open, and its name there. Part of extract; the same
 * threat. */
#pragma once

#include "entry.h"

struct places {
	int root;
	int parent;			      /* of the last entry, -1 at first */
	char parent_path[WHOLE_PATH_MAX + 1]; /* of `parent` */
	int link_parent;		      /* of the last hard link's target, -1 at first */
	char link_parent_path[WHOLE_PATH_MAX + 1];
};

struct place {
	int parent;
	const char *name;
};

/* The name of the root in itself; no name in a clean path is that one. */
#define PLACE_ROOT "."

/* Opens the parent of `path` (clean, not ''), making missing folders (0755, ours). The descriptor
 * belongs to `places` and is good until the next call. E_LAYER_PATH for a link or file in the way.
 */
int place_of(struct places *places, const char *path, struct place *place, struct err *err);

/* The same for a hard link's target, whose folders must be there. */
int place_of_target(struct places *places, const char *path, struct place *place, struct err *err);

/* Takes away what is at the place, unless that is a folder (E_LAYER_PATH). */
int place_clear(const struct place *place, const char *path, struct err *err);

/* Takes away what is at the place, with everything in it; never the root. */
int place_remove(const struct place *place, const char *path, struct err *err);

void places_close(struct places *places);
