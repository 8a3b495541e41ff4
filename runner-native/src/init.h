/* Pid 1 of a step: sets everything up, starts the command, reaps, and ends when the command does;
 * with it the kernel ends every other process of the step. Root of the step's namespaces.
 * Threat: the command can see this process: it is made non-dumpable (so its memory, descriptors and
 * executable cannot be opened) and keeps no descriptor of the machine but its channels. */
#pragma once

#include "plan.h"

/* How the step ended, written by pid 1 and read by the outer runner. */
struct outcome {
	bool executed;	 /* false: `code` stands for a failed exec */
	int wait_status; /* of the command, as waitpid gives it */
	int code;
};

struct init_channels {
	int lifeline; /* end of file when the outer runner is gone */
	int outcome;  /* write end of the pipe for struct outcome */
	int stdout_fd, stderr_fd;
	int terminal; /* socket for the master of the step's pty; -1 where the step has no terminal
		       */
};

/* Runs the step; 0 when an outcome was written. Returns 1 in a process whose failure has been
 * reported by another way, and <0 with `err` for main to report. */
int init_run(struct plan *plan, struct init_channels *channels, struct err *err);
