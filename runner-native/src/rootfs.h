/* From the machine's file system to the step's: everything between two mount namespaces. Runs in
 * pid 1 of the step, privileged over its own namespaces; afterwards nothing of the machine can be
 * named any more. */
#pragma once

#include "plan.h"

/* Cuts this mount namespace off from the machine's: what is mounted from here on is seen by nobody
 * else. */
int rootfs_isolate(struct err *err);

/* Builds the merged root with all mounts and makes it `/`. The working folder is then `/`. */
int rootfs_enter(struct plan *plan, struct err *err);

/* Changes to the step's working folder, and makes sure that it lies inside the root
 * (CVE-2024-21626). */
int rootfs_chdir(const char *path, struct err *err);
