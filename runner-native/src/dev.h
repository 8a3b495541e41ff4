/* /dev of a step: a small tmpfs with the harmless devices.
 * Threat: a link at /dev; a step that makes the node of a disk (it has CAP_MKNOD, and there is no
 * device cgroup), so nothing that it can write to opens devices; a machine whose /dev/null is not
 * the null device, so every device taken from the machine is checked by its number
 * (CVE-2025-31133). Runs in pid 1. */
#pragma once

#include "err.h"

/* Whether `name` is one of the devices that a step has, and the same for everybody: all but its
 * terminal. */
bool dev_is_plain(const char *name);

/* On /dev of `root`. `nodes`: an attached file system outside of it that the step will never see,
 * where devices may be (no nodev). */
int dev_mount(int root, int nodes, struct err *err);

/* Makes the devices in an open folder, where nothing can be mounted (rung "chroot"). Without the
 * right to make them they are empty files, and a note says so. */
int dev_make(int folder, struct err *err);

/* The machine's null device, pinned and checked; a descriptor or -errno. */
int dev_open_null(void);
