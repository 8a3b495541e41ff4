/* The user's terminal (descriptors 0 and 1 of the outer runner), joined to the master of a step's
 * pty. Raw while it lasts, so that every key, Ctrl-C too, goes to the step. The step never has a
 * descriptor of the user's terminal; its bytes are shown as they are, as in any terminal session.
 */
#pragma once

#include <poll.h>
#include <termios.h>

#include "err.h"

enum { TERMINAL_POLLED = 3 };

struct terminal_flow {
	size_t used, sent;
	char bytes[16384];
};

struct terminal {
	int master; /* -1: the step has none, or it has ended */
	bool is_raw;
	struct termios before;
	struct terminal_flow typed, shown;
};

/* Whether descriptors 0 and 1 are a terminal. */
bool terminal_is_there(void);

/* Takes `master` over, gives it the size of the user's terminal, and makes that one raw. */
int terminal_begin(struct terminal *terminal, int master, struct err *err);

/* The size of the user's terminal has changed. */
void terminal_resize(const struct terminal *terminal);

/* What to poll for (fd -1: nothing), and what to do after it. Never blocks. */
void terminal_wants(const struct terminal *terminal, struct pollfd polled[TERMINAL_POLLED]);
void terminal_move(struct terminal *terminal, const struct pollfd polled[TERMINAL_POLLED]);

/* Gives the terminal back as it was. What was typed and not read is dropped: it was meant for the
 * step, or was the terminal's answer to what the step sent. */
void terminal_end(struct terminal *terminal);
