/* Stacking layer folders with overlayfs.
 * Threat: layer folders hold an attacker's files; only overlayfs looks into them. `userxattr` is
 * always on, so that a store has one form whoever wrote it. Always nodev: an image's device nodes,
 * and those that a step makes, are content, never devices. Runs in pid 1, mount namespace of the
 * step. */
#pragma once

#include "err.h"

struct overlay {
	char **lowers; /* host paths, topmost first; at least one */
	size_t lower_count;
	const char *stubs; /* a layer above all lowers, or NULL */
	const char *upper; /* NULL with work: read-only */
	const char *work;
	bool is_volatile;
};

/* Mounts it on the empty host folder `target`; a descriptor (O_PATH) of its root or -errno. */
int overlay_mount(const struct overlay *overlay, const char *target, struct err *err);
