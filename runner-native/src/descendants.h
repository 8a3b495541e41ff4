/* Ending the processes of a step where no pid namespace does it. Whoever calls this is a
 * subreaper: a process whose parent has died is its child, so nothing of the step gets out of its
 * sight by daemonising.
 * Threat: processes that start others faster than they are ended: all are stopped before the first
 * one is killed. Runs in the outer runner and in the step's first process; needs /proc. */
#pragma once

#include "err.h"

/* Takes the descendants of this process over. */
int descendants_adopt(struct err *err);

/* Kills every descendant; none is reaped. */
void descendants_kill(void);

/* Kills and reaps until there is none. */
void descendants_end(void);
