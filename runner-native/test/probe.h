/* What the parts of the probe share. */
#pragma once

#include <stddef.h>

/* One verb: how many words it needs, and what it does with them. */
struct verb {
	const char *name;
	int args;
	int (*perform)(char **args);
};

/* Prints the name of errno; 1. */
int failed(void);

/* Verbs of users and of the supervisor (probe_ids.c); ended by one without a name. */
extern const struct verb VERBS_OF_IDS[];

/* Verbs of paths (probe_paths.c); likewise. */
extern const struct verb VERBS_OF_PATHS[];

/* Verbs that try not to be seen (probe_adversaries.c); likewise. */
extern const struct verb VERBS_OF_ADVERSARIES[];

/* Verbs of tracing and of other listeners (probe_tracing.c); likewise. */
extern const struct verb VERBS_OF_TRACING[];
