/* What a step may use: the control groups that it is in, and the limits of setrlimit. A limit that
 * may not be set is an error; none is ever raised in silence. */
#pragma once

#include <sys/resource.h>

#include "plan.h"

struct limit {
	int resource;
	struct rlimit value;
};

/* The resource with this name ("nofile"), or -1. */
int limits_resource(const char *name);

/* Enters these groups (folders). In the outer runner, whose children are born in them. E_LIMIT. */
int limits_join(char *const *groups, size_t count, struct err *err);

/* Sets the limits, in the command's process, while it has every capability that it can have.
 * E_LIMIT. */
int limits_set(const struct plan *plan, struct err *err);
