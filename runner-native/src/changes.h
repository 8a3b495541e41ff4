/* What a step changed in its root, found against the record of what it held before, and written as
 * a layer: contents as a folder, removals as a stream of entries. The result is what overlayfs
 * would have in its upper folder: everything that was made or changed, each with its parents, and a
 * folder that took another's place as one that hides it. Threat: the root is the step's work:
 * links, devices, names and depth are an attacker's. Nothing in it is followed or opened but
 * regular files and folders. No process of the step runs any more. */
#pragma once

#include "plan.h"
#include "stand_ins.h"

/* Compares `plan->root` with the record in the file `record`, leaves contents in `plan->upper`, and
 * removals in the file `removals`. What stands in where it was put is left out; elsewhere it is
 * taken away. A stub that the step changed is marked as kept. `stand_ins` are open. */
int changes_write(struct plan *plan, const char *record, const char *removals,
		  struct stand_ins *stand_ins, struct err *err);
