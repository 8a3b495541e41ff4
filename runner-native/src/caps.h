/* Capabilities of the command: Docker's 14, as a bounding set that a setuid program of the image
 * cannot leave; inheritable and ambient sets empty (CVE-2022-27651). Runs in the command's
 * process, just before its exec, still root of its namespace. */
#pragma once

#include "err.h"

/* Those of the 14 that a step goes without where only a changed root holds it: by the first it
 * would leave the root, by the second reach the machine's disks. */
enum { CAPS_NO_CHROOT = 1, CAPS_NO_MKNOD = 2 };

/* The 14 as a mask, `without` some. */
uint64_t caps_kept(unsigned without);

/* Whether this process has the capability, and it is effective. */
bool caps_has(unsigned cap);

/* Cuts the bounding set and empties the ambient one. Needs CAP_SETPCAP: before caps_keep. */
int caps_bound(uint64_t kept, struct err *err);

/* Makes them the permitted and effective sets, and the inheritable one empty. A change to a
 * user other than 0 then takes permitted and effective away by itself. */
int caps_keep(uint64_t kept, struct err *err);

/* For a step that is given every capability that we have (`caps all`): before the change to another
 * user, and after it. That user, and what it executes, has them too. */
int caps_hold(struct err *err);
int caps_give_all(struct err *err);

/* Of pid 1 that supervises a step: the 14, and CAP_SYS_PTRACE to read the step's memory. */
int caps_supervise(struct err *err);
