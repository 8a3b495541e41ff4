/* Output of a step on its way to the client. Node gives its children sockets, which cannot be
 * reopened as /dev/stdout; a step gets pipes instead, and the outer runner copies. Holds no
 * privilege; the bytes are the step's and are not looked at. */
#pragma once

#include <poll.h>

#include "err.h"

struct relay {
	int to;	  /* the client's socket */
	int from; /* read end of the step's pipe, -1 when done or not needed */
	int step; /* what the step writes to: the pipe, or `to` itself where no relay is needed */
	size_t used, sent;
	uint64_t total; /* bytes that the client got */
	char buffer[65536];
};

/* Sets up a relay to the descriptor `to`. */
int relay_open(struct relay *relay, int to, struct err *err);

/* In the outer runner, when the step has its copies. */
void relay_close_step(struct relay *relay);

/* What to poll for (fd -1: nothing), and what to do after it. Never blocks. */
struct pollfd relay_wants(const struct relay *relay);
void relay_move(struct relay *relay);
