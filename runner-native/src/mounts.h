/* The mount operations of a step, in the order of the plan.
 * Threat: sources that another step swaps for links while we mount (CVE-2024-23651), and targets
 * that the image makes links out of it (CVE-2021-30465). Sources are pinned by descriptor before
 * anything of the image is mounted; targets are resolved inside the root to a descriptor. Runs in
 * pid 1. */
#pragma once

#include "plan.h"

/* Opens the sources of all binds. Before the merged root is mounted. */
int mounts_pin(struct plan *plan, struct err *err);

/* Performs every operation below the merged root `root`. `memory`: a tmpfs that is attached where
 * the step will never see it, for what is bound out of it. */
int mounts_perform(const struct plan *plan, int root, int memory, struct err *err);
