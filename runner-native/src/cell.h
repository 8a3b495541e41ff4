/* Rung "chroot": a step in a folder of its own, for a root who has no namespaces to give. What
 * isolates it is the changed root, fewer capabilities and the filter; it sees the processes, the
 * network and the clock of whoever runs it.
 * The step's first process stays outside of the folder: it puts in what stands for mounts
 * (stand_ins.h), remembers what is there (record.h), and when the step is over finds what has
 * changed (changes.h). */
#pragma once

#include "mounted.h"
#include "plan.h"

/* Refuses what this rung cannot do, so that nothing is left out in silence. E_RUNNER_WORDS. */
int cell_check(const struct plan *plan, struct err *err);

/* Prepares `plan->root`. From then on this process is told of the outer runner's death by SIGUSR1,
 * so that it can end the step in order. */
int cell_prepare(struct plan *plan, int lifeline, struct err *err);

/* The step's standard input: always at its end. A descriptor that is nobody else's, or <0. */
int cell_open_null(const struct plan *plan, struct err *err);

/* For a supervisor, in the step's first process: it takes the folder for its root, with the
 * container's /proc as its working folder, as pid 1 of a namespace has it. 0 or -errno. */
int cell_look_in(const struct plan *plan);

/* What stands in for mounts there. 0 or -errno. */
int cell_mounted(struct mounted *mounted);

/* Ends the step's processes by `end` (descendants.h), which needs the container's root. 0, or
 * -errno where this process cannot look in again. */
int cell_end_others(void (*end)(void));

/* Enters the folder, in the command's process. E_WORKDIR. */
int cell_enter(const struct plan *plan, struct err *err);

/* Ends what is left of the step. Writes its changes into `plan->upper` and `scratch`/removals, if
 * `changes`, and takes out what was put in, in any case. */
int cell_leave(struct plan *plan, bool changes, struct err *err);
