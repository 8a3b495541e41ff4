/* The second way to hear of the step's calls, where the kernel or a container withholds a listener:
 * pid 1 traces all processes of the step (ptrace(2)), and its filter stops each at the calls that
 * are trapped. Nothing is answered: every call is performed. The kernel attaches new processes and
 * threads by itself, and what is left dies with the tracer.
 * Stops of job control stay what they are (PTRACE_LISTEN), signals are delivered, and a call that
 * was stopped is begun again by the kernel: a step sees no difference, but that it can trace
 * nothing. */
#pragma once

#include "supervisor.h"

/* Some of a list of traps, by their place in it. */
struct trap_set {
	bool has[MOST_TRAPS];
};

struct tracer {
	struct supervisor *supervisor;
	pid_t command;
	bool executed;	/* whether the command's process has */
	uint64_t calls; /* so far */
	struct trap_list traps;
	struct trap_set seen; /* in the trial (tracer_try) */
};

/* Attaches to the command's process, which waits for that (listener.h). NULL, or why it cannot be
 * done: a setuid program of the step would be none under a tracer without CAP_SYS_PTRACE; on rung
 * "chroot" it is none anyway. */
const char *tracer_begin(struct tracer *tracer, struct supervisor *supervisor,
			 const struct plan *plan, pid_t command);

/* Handles a stop that waitpid has told of. */
void tracer_take(struct tracer *tracer, pid_t pid, int status);

/* Handles stops until the command's process has executed, or is gone. */
void tracer_await_exec(struct tracer *tracer);

/* In the command's process, under the filter: makes each call that is always trapped, with
 * arguments by which nothing happens. `refused` are those that somebody's filter refuses. */
void tracer_try(const struct trap_list *traps, struct trap_set *refused);

/* Whether no trapped call can happen unseen, after the trial. Another listener goes before a tracer
 * (seccomp(2)) and may let calls pass, so where there is one (`has_rival`) only what was seen
 * counts. */
bool tracer_sees_all(const struct tracer *tracer, const struct trap_set *refused, bool has_rival);
