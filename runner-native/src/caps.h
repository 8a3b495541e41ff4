/* Capabilities of the command: Docker's 14, as a bounding set that a setuid program of the image
 * cannot leave; inheritable and ambient sets empty (CVE-2022-27651). Runs in the command's
 * process, just before its exec, still root of its namespace. */
#pragma once

#include "err.h"

/* Cuts the bounding set and empties the ambient one. Needs CAP_SETPCAP: before caps_keep. */
int caps_bound(struct err *err);

/* Makes the 14 the permitted and effective sets, and the inheritable one empty. A change to a
 * user other than 0 then takes permitted and effective away by itself. */
int caps_keep(struct err *err);

/* For a step that is given every capability that we have (`caps all`): before the change to another
 * user, and after it. That user, and what it executes, has them too. */
int caps_hold(struct err *err);
int caps_give_all(struct err *err);

/* Of pid 1 that supervises a step: the 14, and CAP_SYS_PTRACE to read the step's memory. */
int caps_supervise(struct err *err);
