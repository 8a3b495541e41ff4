/* /proc and /sys of a step.
 * Threat: a link where /proc or /sys should be (CVE-2023-27561), so both must be real folders and
 * are mounted through a descriptor. Runs in pid 1 of the step's pid namespace. */
#pragma once

#include "err.h"

/* A fresh procfs of the caller's pid namespace on /proc of `root`. */
int kernfs_mount_proc(int root, struct err *err);

/* A sysfs on /sys of `root`; where the kernel refuses one (a user namespace on the host's network),
 * the machine's own /sys, with a note. */
int kernfs_mount_sys(int root, bool read_only, struct err *err);
