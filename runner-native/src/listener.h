/* How the listener of a filter gets from the command's process, which installs the filter, to pid
 * 1: by its number alone, since a call that could carry a descriptor may be one that already waits
 * for the supervisor. Nobody but pid 1 can take it, and the exec closes it. */
#pragma once

#include "err.h"

/* Tells of the descriptor `listener`, or that there is none (-1). 0 or -errno. */
int listener_offer(int report, int listener);

/* Takes what the process `owner` tells first: the descriptor; LISTENER_NONE; or LISTENER_FAILED and
 * its report in `failure` (with a code of NULL where it died without one). */
enum { LISTENER_NONE = -1, LISTENER_FAILED = -2 };
int listener_take(int report, pid_t owner, struct err *failure);
