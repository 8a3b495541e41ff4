/* A socket of the client's that a step talks to, an SSH agent's: it gets the owner and the mode
 * that the step is to see. Runs in pid 1, before the machine is let go. */
#pragma once

#include "err.h"
#include "plan.h"

/* Gives the pinned socket of a bind operation its owner and mode; E_SANDBOX for what is no socket.
 */
int socket_give(const struct op *op, bool recorded, struct err *err);
