/* The command as pid 1 has it, from its fork to its end: its calls are heard (supervisor.h), its
 * orphans are reaped, signals are passed on, and in the end nothing of the step is left. */
#pragma once

#include "init.h"
#include "supervisor.h"

/* The command's process, and what it reports: its failure, or an end of file at its exec. Messages
 * are kept apart where the supervisor is needed (listener.h). */
struct followed {
	pid_t command;
	int report;
};

/* Returns with `outcome`; <0: `err`. */
int follow(const struct plan *plan, struct supervisor *supervisor, const struct followed *followed,
	   struct outcome *outcome, struct err *err);
