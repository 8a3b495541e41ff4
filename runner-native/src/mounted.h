/* What is mounted in a step's root when its command starts, by true place, as the kernel lists it
 * (proc(5), mountinfo). A step mounts nothing itself. Paths are as in PROTOCOL.md, "What a step
 * looked at": relative to the root. */
#pragma once

#include "err.h"

struct mounted_at {
	char *path;
	size_t length;
	enum mounted_kind {
		MOUNTED_NEW,	 /* made for the step: has no links but those that the step makes */
		MOUNTED_PROC,	 /* has links that mean something else to each process */
		MOUNTED_DEVICES, /* /dev: has links into /proc */
		MOUNTED_FOREIGN, /* anything: may have links that lead back into the root */
	} kind;
	bool is_kept; /* what the step writes there outlives it */
};

struct mounted {
	struct mounted_at *all;
	size_t count;
};

/* Reads the list of this process. 0 or -errno. */
int mounted_read(struct mounted *mounted);

/* The mount on the root that a true place lies in, NULL for the root itself. */
struct mounted_at *mounted_find(const struct mounted *mounted, const char *path, size_t length);
