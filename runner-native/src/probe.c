/* Implementation of probe.h. The answer is one JSON line on stdout. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "events.h"
#include "fsmount.h"
#include "ns.h"
#include "overlay.h"
#include "path.h"
#include "probe_observation.h"
#include "probe_supervisor.h"
#include "remove.h"
#include "store.h"
#include "sys.h"

static const char *const INSIDE[] = { "mountns", "pidns", "netns", "overlay", "proc", "seccomp" };

static void put_ok(struct json *json, const char *part)
{
	json_object(json, part);
	json_bool(json, "ok", true);
	json_close(json);
}

static void put_failure(struct json *json, const char *part, const struct err *err)
{
	json_object(json, part);
	json_bool(json, "ok", false);
	json_string(json, "errno", errno_name(err->number));
	json_string(json, "message", err->message);
	json_string(json, "hint", err->hint);
	json_close(json);
}

static void put(struct json *json, const char *part, int rc, const struct err *err)
{
	if (rc < 0)
		put_failure(json, part, err);
	else
		put_ok(json, part);
}

static void put_untried(struct json *json, const char *part, const char *why)
{
	struct err err;
	fail(&err, "E_SANDBOX", 0, "not tried, since %s failed", why);
	put_failure(json, part, &err);
}

static int unshare_one(int flag, const char *what, struct err *err)
{
	return unshare(flag) < 0
		       ? fail_step(err, STEP_NAMESPACES, errno, "cannot make a %s namespace", what)
		       : 0;
}

/* In the first process of a new pid namespace, as run does it: the exit status is the errno. */
static int try_proc(struct err *err)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		int mount = fs_new("proc", NULL, 0, MOUNT_ATTR_NOSUID);
		_exit(mount < 0 ? -mount : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process in a pid namespace");
	int number = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return number == 0 ? 0 : fail_step(err, STEP_MOUNT, number, "cannot mount a new /proc");
}

/* Whiteouts and opaque folders are made as extract makes them, and a stack as run makes it. */
static int try_overlay_in(const char *base, struct err *err)
{
	static const char *const names[] = { "lower", "upper", "work", "root" };
	char paths[4][WHOLE_PATH_MAX];
	char *lowers[] = { paths[0] };
	for (size_t i = 0; i < lengthof(names); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%.4000s/%s", base, names[i]);
		if (mkdir(paths[i], 0755) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot make %s", paths[i]);
	}
	cleanup_close int lower = open(paths[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lower < 0 || mknodat(lower, "whiteout", S_IFCHR, 0) < 0)
		return fail_step(err, STEP_OVERLAY, errno, "cannot make a whiteout in %s", base);
	if (fsetxattr(lower, "user.overlay.opaque", "y", 1, 0) < 0)
		return fail_step(err, STEP_OVERLAY, errno, "%s takes no user xattrs", base);
	const struct overlay overlay = {
		.lowers = lowers, .lower_count = 1, .upper = paths[1], .work = paths[2]
	};
	cleanup_close int root = overlay_mount(&overlay, paths[3], err);
	if (root < 0)
		return root;
	int written = openat(root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	int rc = written < 0 ? fail_step(err, STEP_OVERLAY, errno, "cannot write into an overlay")
			     : 0;
	if (written >= 0)
		close(written);
	sys_umount2(paths[3], SYS_MNT_DETACH);
	return rc;
}

static int try_overlay(const char *dir, struct err *err)
{
	char base[WHOLE_PATH_MAX];
	uint64_t removed = 0;
	struct err ignored;
	if ((size_t)snprintf(base, sizeof(base), "%s/probe-XXXXXX", dir) >= sizeof(base) - 16)
		return fail(err, "E_SANDBOX", ENAMETOOLONG, "%s lies too deep", dir);
	if (mkdtemp(base) == NULL)
		return fail(err, "E_SANDBOX", errno, "cannot make a folder in %s", dir);
	int rc = try_overlay_in(base, err);
	(void)remove_tree(base, &removed, &ignored);
	return rc;
}

static int try_seccomp(struct err *err)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return fail(err, "E_SANDBOX", errno, "this kernel has no seccomp filters");
	return 0;
}

/* Everything that is tried inside (of the user namespace, if there is one). */
static void put_inside(struct json *json, const char *dir, bool single_id)
{
	struct err err;
	if (single_id)
		put(json, "supervisor", probe_supervisor(dir, &err), &err);
	int mountns = unshare_one(CLONE_NEWNS, "mount", &err);
	if (mountns == 0 && sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		mountns = fail_step(&err, STEP_MOUNT, errno, "cannot make the mounts private");
	put(json, "mountns", mountns, &err);
	int pidns = unshare_one(CLONE_NEWPID, "pid", &err);
	put(json, "pidns", pidns, &err);
	put(json, "netns", unshare_one(CLONE_NEWNET, "network", &err), &err);
	if (mountns < 0)
		put_untried(json, "overlay", "mountns");
	else
		put(json, "overlay", try_overlay(dir, &err), &err);
	if (mountns < 0 || pidns < 0)
		put_untried(json, "proc", mountns < 0 ? "mountns" : "pidns");
	else
		put(json, "proc", try_proc(&err), &err);
	put(json, "seccomp", try_seccomp(&err), &err);
}

static int cgroup_version(void)
{
	struct statfs fs;
	if (statfs("/sys/fs/cgroup", &fs) < 0)
		return 0;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? 2 : fs.f_type == TMPFS_MAGIC ? 1 : 0;
}

static void put_machine(struct json *json)
{
	struct utsname machine;
	bool known = uname(&machine) == 0;
	json_string(json, "kernel", known ? machine.release : NULL);
	json_string(json, "arch", known ? machine.machine : NULL);
	json_number(json, "uid", getuid());
	json_number(json, "cgroup", cgroup_version());
}

/* The answer where there is no user namespace to try the rest in: it was refused, or its maps were.
 */
static void put_no_userns(struct json *json, const char *failed, const struct err *why)
{
	put_machine(json);
	if (strcmp(failed, "idmap") == 0)
		put_ok(json, "userns");
	put_failure(json, failed, why);
	if (strcmp(failed, "userns") == 0)
		put_untried(json, "idmap", failed);
	for (size_t i = 0; i < lengthof(INSIDE); i++)
		put_untried(json, INSIDE[i], failed);
}

/* In a child, so that this process still can tell a namespace from its maps. */
static int try_userns(struct err *err)
{
	pid_t pid = sys_clone((unsigned long)CLONE_NEWUSER | (unsigned long)SIGCHLD);
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return fail_step(err, STEP_USERNS, errno, "cannot make a user namespace");
	(void)waitpid(pid, NULL, 0);
	return 0;
}

/* What rung "chroot" needs; afterwards this process is shut in. */
static void put_changed_root(struct json *json, const char *dir)
{
	struct err err;
	int rc = access("/proc/self/stat", R_OK) < 0
			 ? fail(&err, "E_SANDBOX", errno, "cannot read /proc")
			 : 0;
	put(json, "proc", rc, &err);
	put(json, "seccomp", try_seccomp(&err), &err);
	rc = chdir(dir) < 0 || chroot(".") < 0
		     ? fail_step(&err, STEP_CHROOT, errno, "cannot change the root")
		     : 0;
	put(json, "chroot", rc, &err);
}

static int probe_work(struct store_plan *plan, struct err *err)
{
	struct json json;
	json_begin(&json, NULL);
	put_machine(&json);
	if (idmap_used(&plan->map)) {
		put_ok(&json, "userns");
		put_ok(&json, "idmap");
	}
	/* First: in a new pid namespace only one process can be started. */
	probe_observation(&json);
	if (plan->chroot)
		put_changed_root(&json, plan->dir);
	else
		put_inside(&json, plan->dir, plan->single_id);
	return json_send(&json, STDOUT_FILENO) < 0
		       ? fail(err, "E_IO", EPIPE, "cannot write the answer")
		       : 0;
}

static int probe_plan(struct store_plan *plan, struct err *err)
{
	struct json json;
	bool has_userns = !idmap_used(&plan->map) || try_userns(err) == 0;
	int rc = has_userns ? store_perform(plan, probe_work, err) : -err->number;
	if (rc >= 0 || strcmp(err->code, "E_ISOLATION") != 0)
		return rc;
	json_begin(&json, NULL);
	put_no_userns(&json, has_userns ? "idmap" : "userns", err);
	return json_send(&json, STDOUT_FILENO) < 0
		       ? fail(err, "E_IO", EPIPE, "cannot write the answer")
		       : 0;
}

int probe_verb(const struct words *words, struct err *err)
{
	struct store_plan plan;
	int rc = store_plan_read(&plan, words, true, err);
	if (rc == 0)
		rc = probe_plan(&plan, err);
	store_plan_free(&plan);
	return rc;
}
