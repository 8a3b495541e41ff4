/* The mount API by descriptors: a mount is made detached and then attached to an open folder, so
 * that no path is looked up twice. Runs in pid 1 of a step, with CAP_SYS_ADMIN over its own mount
 * namespace. The caller has resolved every target through path.h. */
#pragma once

#include "util.h"

struct fs_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* A new file system, detached. Attributes are MOUNT_ATTR_*. A descriptor or -errno. */
int fs_new(const char *type, const struct fs_option *options, size_t count, unsigned attributes);

/* A copy of the mount at `fd` (and of those below it), detached. A descriptor or -errno. */
int fs_clone(int fd);

/* Adds attributes to a mount and all below it; 0 or -errno. */
int fs_restrict(int mount, unsigned attributes);

/* Puts a detached mount on the folder or file `target`; 0 or -errno. */
int fs_attach(int mount, int target);
