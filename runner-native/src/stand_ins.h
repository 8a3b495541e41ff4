/* What stands in for mounts where nothing can be mounted: files and folders that are moved into
 * the step's root before it runs, over what they hide, and out again after it.
 * Threat: afterwards the root is the step's work: a folder on the way may be a link by then, and
 * what was put there may be gone, or be something else. Every path is walked without links, and
 * what is found is moved aside unopened. Runs in the step's first process, with its root at rest.
 */
#pragma once

#include <sys/stat.h>

#include "plan.h"
#include "record.h"

struct stand_in {
	const char *source; /* goes back there; NULL: is thrown away */
	dev_t device;
	ino_t inode;
	ino_t folder; /* that it was put into */
	bool hides;   /* something, which waits in scratch under its number */
};

struct stand_ins {
	struct plan *plan;
	int root, scratch;    /* folders, while they are worked in */
	struct omitted paths; /* in the root; the stand-in with the same number is there */
	struct stand_in *list;
	size_t count;
	size_t stubs; /* how many are made */
};

/* Makes the stubs and performs the operations of `plan`. Paths of stand-ins are in `paths`
 * afterwards. E_MOUNT_TARGET, E_ISOLATION for an operation that needs a mount. */
int stand_ins_put(struct stand_ins *all, struct plan *plan, struct err *err);

/* Opens the folders again: before the other two. 0 or -errno. */
int stand_ins_open(struct stand_ins *all);

/* Whether the entry `name` of the folder `dir` is a stand-in, moved (or linked) by the step from
 * where it was; then it is taken away from there. */
bool stand_ins_reclaim(const struct stand_ins *all, int dir, const char *name,
		       const struct stat *st);

/* Takes everything out again, in the other order, and closes the folders. A stub that the step
 * changed stays. */
void stand_ins_take(struct stand_ins *all);
