/* What is mounted in a step's root when its command starts, by true place, as the kernel lists it
 * (proc(5), mountinfo). A step mounts nothing itself. Places are as in lookups.h. */
#pragma once

#include "err.h"

struct mounted_at {
	char *path;
	size_t length;
};

struct mounted {
	struct mounted_at *all;
	size_t count;
};

/* Adds a place; one inside of another counts as a part of that. 0 or -errno. */
int mounted_add(struct mounted *mounted, const char *place);

/* Reads the list of this process. 0 or -errno. */
int mounted_read(struct mounted *mounted);

/* The mount on the root that a place lies in; NULL for the root itself. */
struct mounted_at *mounted_find(const struct mounted *mounted, const char *path, size_t length);
