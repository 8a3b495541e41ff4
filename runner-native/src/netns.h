/* A network of the runner's own, joined to the machine's by a helper in user mode (pasta or
 * slirp4netns), so that steps of an ordinary user reach what lies beyond the machine and nothing
 * that listens on its loopback. Threat: the helper must not outlive the runner, however that ends,
 * and never runs with the step's limits or where the step can see it. It is started by a keeper: a
 * process of ours outside of all namespaces that waits for our end. */
#pragma once

#include "err.h"

struct netns {
	const char *kind;    /* "pasta" or "slirp4netns"; NULL: the machine's network */
	const char *program; /* its path */
	int lifeline;	     /* of the keeper */
	int report;	     /* what the helper says, until it ends */
};

/* Takes the words of `network-helper`: KIND and PROGRAM. */
int netns_take(struct netns *netns, char **args, struct err *err);

/* Starts the keeper. In the caller's own namespaces and control groups. */
int netns_keep(struct netns *netns, struct err *err);

/* Moves this process, root of its user namespace, into the network, and waits until it can be used;
 * a helper that fails leaves it with the loopback alone, and a note. */
int netns_enter(struct netns *netns, struct err *err);
