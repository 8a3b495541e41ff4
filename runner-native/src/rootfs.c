/* Implementation of rootfs.h. The order matters: sources are pinned while only the machine is
 * mounted, /proc is mounted while the machine's own can still be seen, and the machine is let go
 * last. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fsmount.h"
#include "mounts.h"
#include "overlay.h"
#include "path.h"
#include "stubs.h"
#include "sys.h"

int rootfs_isolate(struct err *err)
{
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_step(err, STEP_MOUNT, errno, "cannot make the mounts private");
	return 0;
}

/* A tmpfs for what the runner makes itself: an attached one, since taking a detached one away costs
 * milliseconds. It lies where the merged root goes on top of it, so that it needs no folder. */
static int mount_memory(const char *path, struct err *err)
{
	static const struct fs_option options[] = { { "mode", "0755" } };
	cleanup_close int target = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int mount = fs_new("tmpfs", options, lengthof(options), MOUNT_ATTR_NOSUID);
	int rc = target < 0 ? -errno : mount < 0 ? mount : fs_attach(mount, target);
	return rc < 0 ? fail_step(err, STEP_MOUNT, -rc, "cannot mount a tmpfs") : steal_fd(&mount);
}

/* Where a layer of our own can be made: in memory, but for owners as attributes, which a tmpfs
 * takes since Linux 6.6 only. */
static int own_layer(const struct plan *plan, int memory, const char *name, char *path, size_t room,
		     struct err *err)
{
	if (plan->single_id && mkdir(plan->scratch, 0755) < 0 && errno != EEXIST)
		return fail(err, "E_SANDBOX", errno, "cannot make %s", plan->scratch);
	snprintf(path, room, "%s/%s", plan->single_id ? plan->scratch : fd_path(memory).text, name);
	return 0;
}

static int mount_root(const struct plan *plan, int memory, struct err *err)
{
	char stubs[WHOLE_PATH_MAX], empty[WHOLE_PATH_MAX];
	char *only_empty[] = { empty };
	bool has_stubs = plan->stub_count > 0;
	bool has_lowers = plan->lower_count > 0;
	int rc = stubs_root_mode(plan, plan->upper, err);
	if (rc == 0)
		rc = own_layer(plan, memory, "stubs", stubs, sizeof(stubs), err);
	if (rc == 0 && has_stubs)
		rc = stubs_make(plan, stubs, err);
	if (rc == 0)
		rc = own_layer(plan, memory, "empty", empty, sizeof(empty), err);
	if (rc == 0 && !has_lowers && mkdir(empty, 0755) < 0)
		rc = fail(err, "E_SANDBOX", errno, "cannot make %s", empty);
	if (rc < 0)
		return rc;
	const struct overlay overlay = {
		.lowers = has_lowers ? plan->lowers : only_empty,
		.lower_count = has_lowers ? plan->lower_count : 1,
		.stubs = has_stubs ? stubs : NULL,
		.upper = plan->upper,
		.work = plan->work,
		.is_volatile = plan->is_volatile,
	};
	return overlay_mount(&overlay, plan->root, err);
}

/* The old root goes on top of the new one and is detached: no folder of the image is needed. */
static int pivot(int root, struct err *err)
{
	if (fchdir(root) < 0 || sys_pivot_root(".", ".") < 0 ||
	    sys_umount2(".", SYS_MNT_DETACH) < 0 || chdir("/") < 0)
		return fail(err, "E_SANDBOX", errno, "cannot change to the step's root");
	return 0;
}

int rootfs_enter(struct plan *plan, struct err *err)
{
	int rc = mounts_pin(plan, err);
	if (rc < 0)
		return rc;
	cleanup_close int memory = mount_memory(plan->root, err);
	if (memory < 0)
		return memory;
	cleanup_close int root = mount_root(plan, memory, err);
	if (root < 0)
		return root;
	rc = mounts_perform(plan, root, memory, err);
	return rc < 0 ? rc : pivot(root, err);
}

int rootfs_chdir(const char *path, struct err *err)
{
	char now[WHOLE_PATH_MAX + 1];
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the step's root");
	cleanup_close int dir = path_open_in_root(root, path, O_PATH | O_DIRECTORY, 0);
	if (dir < 0 || fchdir(dir) < 0)
		return fail(err, "E_WORKDIR", dir < 0 ? -dir : errno,
			    "cannot change to the working folder %s", path);
	/* The kernel's own word on it: a folder outside of the root has no path from it. */
	long length = syscall(SYS_getcwd, now, sizeof(now));
	if (length < 0 || now[0] != '/')
		return fail(err, "E_WORKDIR", length < 0 ? errno : 0,
			    "the working folder %s lies outside of the image", path);
	return 0;
}
