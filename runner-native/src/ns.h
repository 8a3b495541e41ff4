/* Entering a user namespace, and making a child in the other ones.
 * Threat: none yet (nothing of a step runs before); what matters is that every process of the
 * runner dies with the one that started it, at any instant. */
#pragma once

#include <sched.h>

#include "idmap.h"

struct ns_child {
	pid_t pid;    /* 0 in the child */
	int lifeline; /* parent: held open; child: reads end of file when the parent is gone */
};

/* Moves this process into a new user namespace with these maps, where its ids are 0 and its groups
 * empty (if they may be set; else a note), and which dies with the client still. Without any map
 * nothing happens. */
int ns_enter_user(const struct idmap *map, struct err *err);

/* Starts a child in the namespaces `flags` (CLONE_NEW*). Returns in both. The child has PDEATHSIG
 * SIGKILL. */
int ns_start(struct ns_child *child, unsigned long flags, struct err *err);

/* PDEATHSIG is lost at each change of ids: sets it again, and fails if the parent went meanwhile.
 */
int ns_die_with_parent(int lifeline, struct err *err);
