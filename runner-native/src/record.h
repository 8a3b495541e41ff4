/* What a folder held at one moment: a record on disk, by which changes.h finds what a step did.
 * Of each entry it has what changes with any change of it: the inode with its birth, and the time
 * of its last change, which no step can set. Rung "chroot" only.
 * Form: entries in the order of a walk (siblings by bytes); after a folder come its own, then an
 * end. Read while it is compared, so it never has to fit into memory. */
#pragma once

#include <stdio.h>

#include "err.h"

/* An entry as it was seen; an end of a folder has no name. */
struct seen {
	uint64_t device, inode, size;
	int64_t born, changed, modified; /* nanoseconds */
	uint32_t mode;
	char name[256];
};

/* Paths that the record leaves out, with everything below them. */
struct omitted {
	char **paths;
	size_t count;
};

bool omitted_has(const struct omitted *omitted, const char *path);

/* Looks at `name` in `dir` ('' for the folder itself), through no link; 0 or -errno. */
int record_look(int dir, const char *name, struct seen *seen);

/* Writes the record of the folder `root` into the file `path`, and returns when no change from now
 * on can have a time that is in it. */
int record_write(int root, const char *path, const struct omitted *omitted, struct err *err);

/* Reads the next entry: 1, or 0 for the end of a folder, or -errno. */
int record_next(FILE *record, struct seen *seen);

/* Reads over the rest of a folder. */
int record_skip(FILE *record);
