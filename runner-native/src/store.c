/* Implementation of store.h. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>

#include "events.h"
#include "ns.h"

static int take_uidmap(void *plan, char **args, size_t left, struct err *err)
{
	(void)left;
	return idmap_take_uid(&((struct store_plan *)plan)->map, args, err);
}

static int take_gidmap(void *plan, char **args, size_t left, struct err *err)
{
	(void)left;
	return idmap_take_gid(&((struct store_plan *)plan)->map, args, err);
}

static int take_dir(void *plan, char **args, size_t left, struct err *err)
{
	(void)left;
	(void)err;
	((struct store_plan *)plan)->dir = args[0];
	return 0;
}

static int take_path(void *at, char **args, size_t left, struct err *err)
{
	struct store_plan *plan = at;
	(void)left;
	char **slot = array_push(&plan->paths, &plan->path_count, sizeof(*slot));
	if (slot == NULL)
		return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the paths");
	*slot = args[0];
	return 0;
}

static int take_single_id(void *plan, char **args, size_t left, struct err *err)
{
	(void)args, (void)left, (void)err;
	((struct store_plan *)plan)->single_id = true;
	return 0;
}

static int take_chroot(void *plan, char **args, size_t left, struct err *err)
{
	(void)args, (void)left, (void)err;
	((struct store_plan *)plan)->chroot = true;
	return 0;
}

static int take_root(void *plan, char **args, size_t left, struct err *err)
{
	(void)args, (void)left, (void)err;
	((struct store_plan *)plan)->is_root = true;
	return 0;
}

static int take_all(void *plan, char **args, size_t left, struct err *err)
{
	(void)args, (void)left, (void)err;
	((struct store_plan *)plan)->all = true;
	return 0;
}

static int take_paths(void *plan, char **args, size_t left, struct err *err)
{
	(void)args, (void)left, (void)err;
	((struct store_plan *)plan)->from_stdin = true;
	return 0;
}

static const struct word_rule RULES[] = {
	{ "uidmap", 3, take_uidmap },
	{ "gidmap", 3, take_gidmap },
	{ "dir", 1, take_dir },
	{ "path", 1, take_path },
	{ "all", 0, take_all },
	{ "paths", 0, take_paths },
	{ "single-id", 0, take_single_id },
	{ "chroot", 0, take_chroot },
	{ "root", 0, take_root },
};

int store_plan_read(struct store_plan *plan, const struct words *words, bool needs_dir,
		    struct err *err)
{
	*plan = (struct store_plan){ 0 };
	int rc = words_dispatch(words, RULES, lengthof(RULES), plan, err);
	if (rc == 0 && needs_dir && plan->dir == NULL)
		rc = fail(err, "E_RUNNER_WORDS", 0, "this verb needs the word \"dir\"");
	return rc;
}

void store_plan_free(struct store_plan *plan)
{
	idmap_free(&plan->map);
	free(plan->paths);
}

int store_perform(struct store_plan *plan, int (*work)(struct store_plan *plan, struct err *err),
		  struct err *err)
{
	int rc = ns_enter_user(&plan->map, err);
	return rc < 0 ? rc : work(plan, err);
}

int store_enter(const struct store_plan *plan, struct err *err)
{
	cleanup_close int dir = open(plan->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return fail(err, "E_PATH", errno, "cannot open the folder %s", plan->dir);
	if (fchdir(dir) < 0)
		return fail(err, "E_PATH", errno, "cannot enter the folder %s", plan->dir);
	if (chroot(".") < 0)
		event_note("confine", "not shut into %s: %s", plan->dir, errno_name(errno));
	return steal_fd(&dir);
}

void store_done(uint64_t entries, uint64_t bytes)
{
	struct json json;
	json_begin(&json, "done");
	json_number(&json, "entries", (int64_t)entries);
	json_number(&json, "bytes", (int64_t)bytes);
	(void)json_send(&json, EVENT_FD);
}
