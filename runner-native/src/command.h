/* The last steps of the command's own process: it gives up what pid 1 has and executes.
 * Threat: whatever is left to it (a descriptor, a capability, a signal mask, a variable) is the
 * step's. Starts as root of the step's namespaces; ends as the user, or reports why not. */
#pragma once

#include "plan.h"
#include "supervisor.h"

/* The code of a `struct err` that means: set up well, but this command cannot be executed. */
extern const char COMMAND_NOT_EXECUTED[];

/* Returns only on failure. `report` is kept open (close-on-exec) until then: it becomes fd 3. Where
 * the supervisor is needed, its listener is offered on it first. */
int command_become(const struct plan *plan, const struct user *user, struct supervisor *supervisor,
		   int *report, struct err *err);

/* 127: there is no such command; 126: it cannot be executed. */
int command_exit_code(const struct err *err);
