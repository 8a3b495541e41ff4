/* Descriptors on a socket: the master of the step's terminal, from pid 1 to the outer runner; the
 * listener of a filter, from the command's process to pid 1 (listener.h). */
#pragma once

#include "err.h"

/* Sends a descriptor; 0 or -errno. */
int handover_send(int socket, int fd);

/* Receives it; -1 where the sender died. */
int handover_receive(int socket);

/* Receives a message and its descriptor, -1 where it has none. Its length, or -1. */
ssize_t handover_take(int socket, void *message, size_t room, int *fd);
