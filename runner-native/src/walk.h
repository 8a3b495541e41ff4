/* Walks a path of the step's as the kernel does, one name at a time, and notes every link that is
 * crossed and where it ends, by their true places. Opens nothing but as O_PATH. */
#pragma once

#include "observer.h"

struct walk {
	struct observer *observer;
	pid_t tid;   /* of the caller, 0 where it is nobody's in particular */
	int root;    /* O_PATH of the caller's root; not closed */
	int from;    /* O_PATH of where the path begins; not closed */
	bool passed; /* result: what was found depends on the caller (links of /proc) */
};

void walk_path(struct walk *walk, const char *path, unsigned uses);
