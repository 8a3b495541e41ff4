/* Implementation of kernfs.h. Must run before the old root is detached: the kernel gives a new
 * procfs only to who can see a whole one. */
#include "kernfs.h"

#include <errno.h>
#include <fcntl.h>

#include "events.h"
#include "fsmount.h"
#include "path.h"
#include "sys.h"

#define KERNEL_FS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int open_target(int root, const char *name, struct err *err)
{
	int target = path_open_in_root(root, name, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	if (target < 0)
		return fail(err, "E_MOUNT_TARGET", -target,
			    "/%s of the image is not a real directory", name);
	return target;
}

int kernfs_mount_proc(int root, struct err *err)
{
	cleanup_close int target = open_target(root, "proc", err);
	if (target < 0)
		return target;
	cleanup_close int mount = fs_new("proc", NULL, 0, KERNEL_FS);
	int rc = mount < 0 ? mount : fs_attach(mount, target);
	return rc < 0 ? fail_step(err, STEP_MOUNT, -rc, "cannot mount /proc") : 0;
}

/* The machine's /sys with everything in it, detached. */
static int host_sys(unsigned attributes)
{
	cleanup_close int host = open("/sys", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (host < 0)
		return -errno;
	cleanup_close int mount = fs_clone(host);
	if (mount < 0)
		return mount;
	int rc = fs_restrict(mount, attributes);
	return rc < 0 ? rc : steal_fd(&mount);
}

int kernfs_mount_sys(int root, bool read_only, struct err *err)
{
	cleanup_close int target = open_target(root, "sys", err);
	if (target < 0)
		return target;
	const unsigned attributes = KERNEL_FS | (read_only ? MOUNT_ATTR_RDONLY : 0);
	cleanup_close int mount = fs_new("sysfs", NULL, 0, attributes);
	if (mount == -EPERM || mount == -EBUSY) {
		mount = host_sys(attributes);
		event_note("sys", "/sys is the machine's own: this rung may not mount a new one");
	}
	int rc = mount < 0 ? mount : fs_attach(mount, target);
	return rc < 0 ? fail_step(err, STEP_MOUNT, -rc, "cannot mount /sys") : 0;
}
