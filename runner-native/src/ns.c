/* Implementation of ns.h. Inside a user namespace the outer runner has every capability in it; it
 * stays in the machine's other namespaces, and only its children get those of a step. */
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

/* In a process that stays outside: writes the maps of its parent once that is inside, and tells on
 * `report` what went wrong. Everything that fails here is the same address in the parent. */
static void write_maps(const struct idmap *map, int inside, int report)
{
	char go;
	struct err err = { 0 };
	/* End of file: the parent failed, or is gone. */
	if (read_exact(inside, &go, 1) == 1 && idmap_write(map, getppid(), &err) < 0)
		(void)write_all(report, &err, sizeof(err));
	_exit(0);
}

/* Enters the namespace and waits until the maps are there. */
static int unshare_user(int inside, int report, struct err *err)
{
	if (unshare(CLONE_NEWUSER) < 0)
		return fail_step(err, STEP_USERNS, errno, "cannot make a user namespace");
	if (write_all(inside, "!", 1) < 0)
		return fail_step(err, STEP_IDMAP, EPIPE, "nobody writes the id maps");
	int got = read_exact(report, err, sizeof(*err));
	if (got < 0)
		return fail_step(err, STEP_IDMAP, -got, "nobody writes the id maps");
	return got == 0 ? 0 : err->number == 0 ? -EINVAL : -err->number;
}

static int map_ids(const struct idmap *map, struct err *err)
{
	int inside[2], report[2];
	if (pipe2(inside, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	cleanup_close int inside_read = inside[0];
	cleanup_close int inside_write = inside[1];
	if (pipe2(report, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	cleanup_close int report_read = report[0];
	cleanup_close int report_write = report[1];
	pid_t writer = fork();
	if (writer < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process");
	if (writer == 0) {
		close(steal_fd(&inside_write));
		write_maps(map, inside_read, report_write);
	}
	close(steal_fd(&report_write));
	int rc = unshare_user(inside_write, report_read, err);
	close(steal_fd(&inside_write));
	while (waitpid(writer, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}

int ns_enter_user(const struct idmap *map, struct err *err)
{
	pid_t client = getppid();
	if (!idmap_used(map))
		return 0;
	int rc = map_ids(map, err);
	if (rc < 0)
		return rc;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail_step(err, STEP_IDMAP, errno, "the id maps have no root inside");
	/* Who maps one id has given up setgroups for it (idmap.c). */
	bool may_set_groups = map->gid_count != 1 || map->gids[0].count != 1;
	if (setgroups(0, NULL) < 0 && may_set_groups)
		event_note("groups", "this user namespace keeps the caller's supplementary groups");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != client)
		return fail(err, "E_SANDBOX", ECHILD, "the client of the runner is gone");
	return 0;
}

int ns_start(struct ns_child *child, unsigned long flags, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	cleanup_close int read_end = ends[0];
	cleanup_close int write_end = ends[1];
	child->pid = sys_clone(flags | (unsigned long)SIGCHLD);
	if (child->pid < 0)
		return fail_step(err, STEP_NAMESPACES, errno, "cannot make the namespaces");
	if (child->pid > 0) {
		child->lifeline = steal_fd(&write_end);
		return 0;
	}
	close(steal_fd(&write_end));
	child->lifeline = steal_fd(&read_end);
	return ns_die_with_parent(child->lifeline, err);
}
