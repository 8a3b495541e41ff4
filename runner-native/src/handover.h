/* The way by which the command's process, which installs the filter, hands the supervisor's
 * descriptor to pid 1: on the socket by which it also reports why it could not execute. */
#pragma once

#include "err.h"

/* Sends a descriptor; 0 or -errno. */
int handover_send(int socket, int fd);

/* Receives what the process sends first: returns the descriptor, or -1 and its report in `failure`
 * (with a code of NULL where it died without one). */
int handover_receive(int socket, struct err *failure);
