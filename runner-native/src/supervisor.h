/* The supervisor of a step: answers the calls that the kernel must not, or cannot, perform as the
 * step means them. What is answered, and how, is in tables of calls, one table for each purpose;
 * their traps make the filter, so that no call can be trapped without a handler.
 * Runs in pid 1 of the step, which the step can neither see into nor end; holds the listener. */
#pragma once

#include "creds.h"
#include "notice.h"
#include "observer.h"
#include "seccomp.h"

#define SUPERVISOR_TABLES 17

struct supervisor;

struct call {
	struct trap trap;
	/* Answers; ANSWER_PERFORM leaves it to the next table that has this call, then to the
	 * kernel. */
	struct answer (*handle)(struct supervisor *supervisor, const struct notice *notice);
};

struct call_table {
	const struct call *calls;
	size_t count;
};

struct supervisor {
	int listener;
	bool takes_listener; /* whether pid 1 can: a container's filter may forbid that */
	struct creds creds;
	struct observer *observer; /* NULL where nobody wants to know */
	bool borrows;		   /* whether it acts as the caller where that is needed */
	bool changed_roots;	   /* whether a process of the step has asked for another root */
	struct call_table tables[SUPERVISOR_TABLES];
	size_t table_count;
};

/* What a process asks to be (calls_identity.c), whom files belong to (calls_owner.c), what a look
 * at a file shows (calls_stat.c), files that are made (calls_create.c), written (calls_open.c) or
 * changed (calls_change.c), their attributes (calls_xattr.c), and programs that are started
 * (calls_process.c). */
extern const struct call_table CALLS_IDENTITY, CALLS_OWNER, CALLS_STAT, CALLS_CREATE, CALLS_OPEN,
	CALLS_CHANGE, CALLS_XATTR, CALLS_PROCESS;

/* What a process may know of itself where no /proc is mounted (calls_self.c). */
extern const struct call_table CALLS_SELF;

/* What a step looks up, which is noted and never answered (observer.h): single paths, what is
 * opened and listed, names that move, programs, addresses of sockets, filters and tracers of its
 * own, handlers of signals. */
struct call_table observe_paths(void);
extern const struct call_table OBSERVE_OPEN, OBSERVE_NAMES, OBSERVE_PROGRAMS, OBSERVE_SOCKETS,
	OBSERVE_FILTERS, OBSERVE_TRACERS, OBSERVE_SIGNALS;

/* Begins with one that has nothing to do. */
void supervisor_begin(struct supervisor *supervisor);

/* Adds the answers of rung "single-id", whose command runs as `user`. */
void supervisor_answer(struct supervisor *supervisor, const struct user *user);

/* Adds the answers of rung "chroot". After supervisor_observe: what is answered is noted first. */
void supervisor_show_self(struct supervisor *supervisor);

/* Adds the observer, whose calls are trapped where it is on. To be called before supervisor_answer.
 */
void supervisor_observe(struct supervisor *supervisor, struct observer *observer);

/* Whether it has anything to do. */
static inline bool supervisor_is_needed(const struct supervisor *supervisor)
{
	return supervisor->table_count > 0;
}

/* The traps of all tables, each number once. */
void supervisor_traps(const struct supervisor *supervisor, struct trap_list *traps);

/* Takes the listener over and makes this process ready to answer. Afterwards its working folder is
 * /proc (`is_there`: it is already), its umask is 0, and it has no capability but those that
 * answering needs. */
int supervisor_take(struct supervisor *supervisor, int listener, bool is_there, struct err *err);

/* Answers one call, if one is there. */
void supervisor_serve(struct supervisor *supervisor);

/* Before the traps are asked for: the step is to be traced, and so can trace nobody. */
void supervisor_be_traced(struct supervisor *supervisor, const struct plan *plan);

/* What is to be answered to a call of which a tracer was told. */
struct answer supervisor_hear(struct supervisor *supervisor, struct notice *notice);
