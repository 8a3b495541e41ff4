/* What extract, dump and remove share: their words, and the process that does the work.
 * They run in a user namespace where the store belongs to sub-ids, and shut themselves into the
 * folder that they work on: a mistake in resolving a path then leads to nothing of the machine. */
#pragma once

#include "idmap.h"

struct store_plan {
	struct idmap map;
	const char *dir;
	char **paths;
	size_t path_count;
	bool all, from_stdin;
	bool is_root;	/* extract: the folder is the root of a step (with `chroot`) */
	bool chroot;	/* folders are layers without their removals */
	bool single_id; /* ownership is recorded on the files (ownership.h) */
};

/* Reads the words; `needs_dir`: whether `dir` must be there. */
int store_plan_read(struct store_plan *plan, const struct words *words, bool needs_dir,
		    struct err *err);
void store_plan_free(struct store_plan *plan);

/* Performs `work`, in a user namespace if maps were given. */
int store_perform(struct store_plan *plan, int (*work)(struct store_plan *plan, struct err *err),
		  struct err *err);

/* Opens plan->dir and makes it this process's root, where that is permitted (else a note). */
int store_enter(const struct store_plan *plan, struct err *err);

/* The `done` event. */
void store_done(uint64_t entries, uint64_t bytes);
