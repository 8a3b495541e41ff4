/* A path as a step asks for it, made into a text that says the same from the step's root. Pure. */
#pragma once

#include <limits.h>

#include "util.h"

struct asked {
	char text[2 * PATH_MAX]; /* relative to the root, without empty names and "." */
	size_t length;
	bool has_up;	/* a ".." follows a name of the path: the text keeps it */
	bool is_folder; /* it ends as only a folder's name may */
};

/* `base` is the true place of where `path` begins, relative to the root. False where it is too
 * long. */
bool asked_join(struct asked *asked, const char *base, size_t base_length, const char *path);

/* The text without its "..", right where no link is crossed. Calls `each` with every folder before
 * a "..", which is looked at too. Returns the new length; the text in `to`, as long as asked's. */
size_t asked_resolve(const struct asked *asked, char *to,
		     void (*each)(void *context, const char *folder, size_t length), void *context);
