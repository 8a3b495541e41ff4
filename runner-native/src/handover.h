/* The way by which pid 1 hands the master of the step's terminal to the outer runner. */
#pragma once

#include "err.h"

/* Sends a descriptor; 0 or -errno. */
int handover_send(int socket, int fd);

/* Receives it; -1 where the sender died. */
int handover_receive(int socket);
