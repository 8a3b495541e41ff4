/* Making a child in new namespaces, and the handshake by which its id maps are written.
 * Threat: none yet (nothing of the step runs before the handshake is over); what matters is that
 * the child dies with its parent at any instant. */
#pragma once

#include <sched.h>

#include "idmap.h"

struct ns_child {
	pid_t pid;    /* 0 in the child */
	int lifeline; /* parent: held open; child: reads end of file when the parent is gone */
};

/* Starts a child in the namespaces `flags` (CLONE_NEW*), with CLONE_NEWUSER added if `map` is
 * used. Returns in both. In the child of a user namespace, ids are 0 and groups empty (if they may
 * be set; else a note). The child has PDEATHSIG SIGKILL. */
int ns_start(struct ns_child *child, unsigned long flags, const struct idmap *map, struct err *err);

/* PDEATHSIG is lost at each change of ids: sets it again, and fails if the parent went meanwhile.
 */
int ns_die_with_parent(int lifeline, struct err *err);
