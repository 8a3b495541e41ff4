/* The step's side of its terminal: a pair made in the step's own devpts, by pid 1, before anything
 * of the step runs. The step gets the slave; the master goes to the outer runner (terminal.h).
 * Threat: a step that holds the user's own terminal types into it (TIOCSTI) or reads from it; and
 * a path of the step's that is opened as if it were a pty (CVE-2025-52565): the multiplexer is
 * checked to be devpts's own, and the slave is opened by the kernel, by no path. */
#pragma once

#include "err.h"

/* Makes the pair in the devpts that `root` has, and hands the master over on `socket`. Returns
 * the slave, close-on-exec, or <0 with `err`. */
int pty_open_slave(int root, int socket, struct err *err);
