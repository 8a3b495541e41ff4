/* Implementation of cell.h. */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "changes.h"
#include "descendants.h"
#include "path.h"
#include "rootfs.h"
#include "stand_ins.h"

/* Of the one step that this process has. */
static struct stand_ins stand_ins;
static bool is_inside;

int cell_check(const struct plan *plan, struct err *err)
{
	const struct {
		const char *name;
		bool there;
	} refused[] = {
		{ "lower", plan->lower_count > 0 },
		{ "work", plan->work != NULL },
		{ "volatile", plan->is_volatile },
		{ "root-mode", plan->has_root_mode },
		{ "hostname", plan->hostname != NULL },
		{ "network-helper", plan->netns.kind != NULL },
		{ "uidmap", idmap_used(&plan->map) },
		{ "single-id", plan->single_id },
		{ "seccomp none", plan->no_seccomp },
		{ "caps all", plan->all_caps },
	};
	for (size_t i = 0; i < lengthof(refused); i++)
		if (refused[i].there)
			return fail(err, "E_RUNNER_WORDS", 0,
				    "\"%s\" cannot be had with the word \"chroot\"",
				    refused[i].name);
	return 0;
}

static int in_scratch(const struct plan *plan, const char *name, char path[WHOLE_PATH_MAX],
		      struct err *err)
{
	if (snprintf(path, WHOLE_PATH_MAX, "%s/%s", plan->scratch, name) >= WHOLE_PATH_MAX)
		return fail(err, "E_SANDBOX", ENAMETOOLONG, "the scratch folder lies too deep");
	return 0;
}

static int watch_parent(int lifeline, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)lifeline;
	if (prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot tie the step to its parent");
	return descendants_adopt(err);
}

/* Whether a device node in this file system can be opened for real. A container's control group
 * (or a file system mounted nodev) forbids it, whatever there is behind the node; else nothing is
 * found behind a number that no driver has. */
static bool devices_are_open(const char *path)
{
	if (mknod(path, S_IFBLK | 0600, makedev(259, 0xfffff)) < 0)
		return true;
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool forbidden = fd < 0 && (errno == EPERM || errno == EACCES);
	(void)unlink(path);
	return !forbidden;
}

int cell_prepare(struct plan *plan, int lifeline, struct err *err)
{
	char record[WHOLE_PATH_MAX];
	int rc = watch_parent(lifeline, err);
	if (rc == 0)
		rc = in_scratch(plan, "device", record, err);
	if (rc == 0) {
		plan->no_devices = devices_are_open(record);
		rc = in_scratch(plan, "record", record, err);
	}
	if (rc == 0)
		rc = stand_ins_put(&stand_ins, plan, err);
	if (rc < 0)
		return rc;
	cleanup_close int root = open(plan->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the step's root");
	return record_write(root, record, &stand_ins.paths, err);
}

/* A null device of our own, else the end of a pipe: by the container's one, a step that is root
 * could change its permissions. */
int cell_open_null(const struct plan *plan, struct err *err)
{
	char path[WHOLE_PATH_MAX];
	int ends[2];
	int rc = in_scratch(plan, "null", path, err);
	if (rc < 0)
		return rc;
	if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) == 0) {
		int null = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		(void)unlink(path);
		if (null >= 0)
			return null;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	close(ends[1]);
	return ends[0];
}

int cell_mounted(struct mounted *mounted)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < stand_ins.paths.count; i++)
		rc = mounted_add(mounted, stand_ins.paths.paths[i]);
	return rc;
}

/* Whether /proc is the kernel's, and has our own number as ours. */
static bool has_our_proc(void)
{
	struct statfs fs;
	char number[16];
	const ssize_t length = readlink("/proc/self", number, sizeof(number) - 1);
	if (length <= 0 || statfs("/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	number[length] = '\0';
	return (pid_t)strtol(number, NULL, 10) == getpid();
}

int cell_look_in(const struct plan *plan)
{
	if (!has_our_proc())
		return -ENOENT;
	if (chdir("/proc") < 0 || chroot(plan->root) < 0)
		return -errno;
	is_inside = true;
	return 0;
}

/* The container's /proc lies outside of the step's root, so that the way up does not end there. */
static int look_out(void)
{
	if (is_inside && (chdir("..") < 0 || chroot(".") < 0))
		return -errno;
	is_inside = false;
	return 0;
}

int cell_end_others(void (*end)(void))
{
	const bool was_inside = is_inside;
	const int rc = look_out();
	if (rc == 0)
		end();
	return rc < 0 || !was_inside ? rc : cell_look_in(stand_ins.plan);
}

int cell_enter(const struct plan *plan, struct err *err)
{
	if (!is_inside && (chdir(plan->root) < 0 || chroot(".") < 0))
		return fail_step(err, STEP_CHROOT, errno, "cannot change to the step's root");
	return rootfs_chdir(plan->cwd, err);
}

int cell_leave(struct plan *plan, bool changes, struct err *err)
{
	char record[WHOLE_PATH_MAX], removals[WHOLE_PATH_MAX];
	int rc = look_out();
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot leave the step's root");
	descendants_end();
	if (stand_ins.plan == NULL)
		return 0;
	rc = stand_ins_open(&stand_ins) < 0
		     ? fail(err, "E_SANDBOX", errno, "cannot open the folders of the step")
		     : 0;
	if (rc == 0)
		rc = in_scratch(plan, "record", record, err);
	if (rc == 0)
		rc = in_scratch(plan, "removals", removals, err);
	if (rc == 0 && changes)
		rc = changes_write(plan, record, removals, &stand_ins, err);
	stand_ins_take(&stand_ins);
	return rc;
}
