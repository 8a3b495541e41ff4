/* Implementation of ns.h. The parent is the outer runner (the caller's ids); the child has every
 * capability in its new user namespace, or those of root. */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "events.h"
#include "sys.h"

int ns_die_with_parent(int lifeline, struct err *err)
{
	struct pollfd end = { .fd = lifeline, .events = 0 };
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot tie the sandbox to its parent");
	if (poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0)
		return fail(err, "E_SANDBOX", ECHILD, "the parent of the sandbox is gone");
	return 0;
}

/* In the child: waits until the maps are there, then becomes root inside. */
static int become_root_inside(int lifeline, const struct idmap *map, struct err *err)
{
	char go;
	ssize_t n;
	do
		n = read(lifeline, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return fail(err, "E_SANDBOX", ECHILD, "the parent of the sandbox is gone");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail_step(err, STEP_IDMAP, errno, "the id maps have no root inside");
	/* Who maps one id has given up setgroups for it (idmap.c). */
	bool may_set_groups = map->gid_count != 1 || map->gids[0].count != 1;
	if (setgroups(0, NULL) < 0 && may_set_groups)
		event_note("groups", "this user namespace keeps the caller's supplementary groups");
	return 0;
}

static int child_side(struct ns_child *child, int read_end, const struct idmap *map,
		      struct err *err)
{
	child->pid = 0;
	child->lifeline = read_end;
	if (idmap_used(map)) {
		int rc = become_root_inside(read_end, map, err);
		if (rc < 0)
			return rc;
	}
	return ns_die_with_parent(read_end, err);
}

int ns_start(struct ns_child *child, unsigned long flags, const struct idmap *map, struct err *err)
{
	int ends[2];
	bool userns = idmap_used(map);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	cleanup_close int read_end = ends[0];
	cleanup_close int write_end = ends[1];
	pid_t pid = sys_clone(flags | (userns ? (unsigned long)CLONE_NEWUSER : 0) |
			      (unsigned long)SIGCHLD);
	if (pid < 0)
		return fail_step(err, userns ? STEP_USERNS : STEP_NAMESPACES, errno,
				 "cannot make the namespaces");
	if (pid == 0) {
		close(steal_fd(&write_end));
		return child_side(child, steal_fd(&read_end), map, err);
	}
	child->pid = pid;
	int rc = userns ? idmap_write(map, pid, err) : 0;
	if (rc == 0 && write_all(write_end, "!", 1) < 0)
		rc = fail(err, "E_SANDBOX", EPIPE, "the sandbox died while it was set up");
	if (rc < 0) {
		/* Nothing of the step runs yet, so there is nobody to be told. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return rc;
	}
	child->lifeline = steal_fd(&write_end);
	return 0;
}
