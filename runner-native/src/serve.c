/* Implementation of serve.h. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "dump.h"
#include "idmap.h"
#include "limits.h"
#include "netns.h"
#include "ns.h"
#include "run.h"

struct server {
	struct idmap map;
	struct netns netns;
	char **cgroups;
	size_t cgroup_count;
};

static int take_uidmap(void *server, char **args, size_t left, struct err *err)
{
	(void)left;
	return idmap_take_uid(&((struct server *)server)->map, args, err);
}

static int take_gidmap(void *server, char **args, size_t left, struct err *err)
{
	(void)left;
	return idmap_take_gid(&((struct server *)server)->map, args, err);
}

static int take_cgroup(void *at, char **args, size_t left, struct err *err)
{
	struct server *server = at;
	(void)left;
	char **slot = array_push(&server->cgroups, &server->cgroup_count, sizeof(*slot));
	if (slot == NULL)
		return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the control groups");
	*slot = args[0];
	return 0;
}

static int take_network(void *at, char **args, size_t left, struct err *err)
{
	(void)left;
	return netns_take(&((struct server *)at)->netns, args, err);
}

static const struct word_rule RULES[] = {
	{ "network-helper", 2, take_network },
	{ "uidmap", 3, take_uidmap },
	{ "gidmap", 3, take_gidmap },
	{ "cgroup", 1, take_cgroup },
};

/* A dump shuts itself into its folder: gives us the root back that we had. */
static int leave_folder(int root, struct err *err)
{
	if (fchdir(root) < 0 || (chroot(".") < 0 && errno != EPERM))
		return fail(err, "E_IO", errno, "cannot leave the folder");
	return 0;
}

static int perform(struct words *request, int root, struct err *err)
{
	const char *verb = request->count == 0 ? "" : request->word[0];
	const struct words rest = { .word = request->word + 1, .count = request->count - 1 };
	if (strcmp(verb, "run") == 0)
		return run_verb(&rest, err);
	if (strcmp(verb, "dump") != 0)
		return fail(err, "E_RUNNER_WORDS", 0, "\"%.64s\" cannot be asked of a server",
			    verb);
	int rc = dump_verb(&rest, err);
	return rc == 0 ? leave_folder(root, err) : rc;
}

/* Until there are no more requests. A step's processes come back from here too, with 1. */
static int serve(struct err *err)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail(err, "E_IO", errno, "cannot open the root folder");
	for (;;) {
		struct words request = { 0 };
		int rc = words_next(&request, err);
		bool is_last = rc <= 0;
		if (!is_last)
			rc = perform(&request, root, err);
		words_free(&request);
		if (is_last || rc != 0)
			return rc;
	}
}

int serve_verb(const struct words *words, struct err *err)
{
	struct server server = { 0 };
	int rc = words_dispatch(words, RULES, lengthof(RULES), &server, err);
	if (rc == 0)
		rc = netns_keep(&server.netns, err);
	if (rc == 0)
		rc = limits_join(server.cgroups, server.cgroup_count, err);
	if (rc == 0)
		rc = ns_enter_user(&server.map, err);
	if (rc == 0)
		rc = netns_enter(&server.netns, err);
	idmap_free(&server.map);
	free(server.cgroups);
	return rc == 0 ? serve(err) : rc;
}
