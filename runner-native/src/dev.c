/* Implementation of dev.h. */
#include "dev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "events.h"
#include "fsmount.h"
#include "path.h"
#include "sys.h"

static const struct {
	const char *name;
	unsigned major, minor;
} DEVICES[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },	 { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *target, *name;
} LINKS[] = {
	{ "/proc/self/fd", "fd" },	 { "/proc/self/fd/0", "stdin" },
	{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
	{ "pts/ptmx", "ptmx" },
};

bool dev_is_plain(const char *name)
{
	for (size_t i = 0; i < lengthof(DEVICES); i++)
		if (DEVICES[i].major == 1 && strcmp(DEVICES[i].name, name) == 0)
			return true;
	return false;
}

static int open_device(const char *name, unsigned major_number, unsigned minor_number)
{
	cleanup_close int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int fd = dev < 0 ? -1 : openat(dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!path_is_device(fd, major_number, minor_number))
		return -ENODEV;
	return steal_fd(&fd);
}

int dev_open_null(void)
{
	return open_device("null", 1, 3);
}

/* A detached mount of one device: a node of our own in `nodes`, so that the step can change no
 * permissions of the machine's; in a user namespace, which may not mknod, the machine's after all
 * (where it belongs to nobody that the step can be). A descriptor or -errno. */
static int clone_device(int nodes, size_t i)
{
	const char *name = DEVICES[i].name;
	cleanup_close int device = -1;
	if (mknodat(nodes, name, S_IFCHR | 0666, makedev(DEVICES[i].major, DEVICES[i].minor)) == 0)
		device = openat(nodes, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	else if (errno == EPERM)
		device = open_device(name, DEVICES[i].major, DEVICES[i].minor);
	else
		return -errno;
	if (device < 0)
		return device == -1 ? -errno : device;
	cleanup_close int mount = fs_clone(device);
	if (mount < 0)
		return mount;
	int rc = fs_restrict(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	return rc < 0 ? rc : steal_fd(&mount);
}

static int attach_devices(int dev, const int *clones, struct err *err)
{
	for (size_t i = 0; i < lengthof(DEVICES); i++) {
		cleanup_close int file =
			openat(dev, DEVICES[i].name,
			       O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		int rc = file < 0 ? -errno : fs_attach(clones[i], file);
		if (rc < 0)
			return fail(err, "E_SANDBOX", -rc, "cannot make /dev/%s", DEVICES[i].name);
	}
	for (size_t i = 0; i < lengthof(LINKS); i++)
		if (symlinkat(LINKS[i].target, dev, LINKS[i].name) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot make /dev/%s", LINKS[i].name);
	return 0;
}

/* Mounts a new file system on a new folder of /dev; 0 or -errno. */
static int mount_below(int dev, const char *name, const char *type, const struct fs_option *options,
		       size_t count, unsigned attributes)
{
	if (mkdirat(dev, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	cleanup_close int target = openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return -errno;
	cleanup_close int mount = fs_new(type, options, count, attributes);
	return mount < 0 ? mount : fs_attach(mount, target);
}

static int mount_children(int dev, struct err *err)
{
	static const struct fs_option pts[] = { { "ptmxmode", "0666" },
						{ "mode", "0620" },
						{ "gid", "5" } };
	static const struct fs_option shm[] = { { "mode", "1777" }, { "size", "67108864" } };
	const unsigned quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int rc = mount_below(dev, "pts", "devpts", pts, lengthof(pts), quiet);
	if (rc == -EINVAL) /* no gid 5 in this user namespace */
		rc = mount_below(dev, "pts", "devpts", pts, lengthof(pts) - 1, quiet);
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot mount /dev/pts");
	rc = mount_below(dev, "shm", "tmpfs", shm, lengthof(shm), quiet | MOUNT_ATTR_NODEV);
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot mount /dev/shm");
	rc = mount_below(dev, "mqueue", "mqueue", NULL, 0, quiet | MOUNT_ATTR_NODEV);
	if (rc < 0)
		event_note("dev", "there is no /dev/mqueue: %s", errno_name(-rc));
	return 0;
}

/* The tmpfs that the step sees is nodev: no device of the step's making can be opened in it. */
static int mount_visible(int target, const int *clones, struct err *err)
{
	static const struct fs_option options[] = { { "mode", "0755" }, { "size", "65536k" } };
	cleanup_close int dev =
		fs_new("tmpfs", options, lengthof(options),
		       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_STRICTATIME);
	int rc = dev < 0 ? dev : fs_attach(dev, target);
	if (rc < 0)
		return fail_step(err, STEP_MOUNT, -rc, "cannot mount /dev");
	rc = attach_devices(dev, clones, err);
	return rc < 0 ? rc : mount_children(dev, err);
}

/* A node that can be opened; -EACCES where it can be made, but not used. */
static int make_node(int folder, size_t i)
{
	const char *name = DEVICES[i].name;
	if (mknodat(folder, name, S_IFCHR | 0666, makedev(DEVICES[i].major, DEVICES[i].minor)) < 0)
		return -errno;
	/* A terminal is not everybody's. */
	cleanup_close int device = openat(folder, name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return device >= 0 || errno == ENXIO ? 0 : -errno;
}

static int make_stand_in(int folder, const char *name)
{
	(void)unlinkat(folder, name, 0);
	cleanup_close int file =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return file < 0 ? -errno : 0;
}

int dev_make(int folder, struct err *err)
{
	mode_t umask_before = umask(0);
	int rc = 0, missing = 0;
	for (size_t i = 0; i < lengthof(DEVICES) && rc == 0; i++) {
		int made = make_node(folder, i);
		if (made < 0 && missing == 0)
			missing = made;
		if (made < 0)
			rc = make_stand_in(folder, DEVICES[i].name);
	}
	for (size_t i = 0; i < lengthof(LINKS) && rc == 0; i++)
		if (symlinkat(LINKS[i].target, folder, LINKS[i].name) < 0)
			rc = -errno;
	if (rc == 0 && (mkdirat(folder, "pts", 0755) < 0 || mkdirat(folder, "shm", 01777) < 0))
		rc = -errno;
	umask(umask_before);
	if (missing < 0)
		event_note("dev",
			   "plain files stand for the devices of this step, since none can be made "
			   "here: %s",
			   errno_name(-missing));
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot make the step's /dev") : 0;
}

int dev_mount(int root, int nodes, struct err *err)
{
	int clones[lengthof(DEVICES)];
	cleanup_close int target =
		path_open_in_root(root, "dev", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	if (target < 0)
		return fail(err, "E_MOUNT_TARGET", -target,
			    "/dev of the image is not a real directory");
	for (size_t i = 0; i < lengthof(clones); i++)
		clones[i] = -1;
	mode_t umask_before = umask(0);
	int rc = 0;
	for (size_t i = 0; i < lengthof(clones) && rc == 0; i++) {
		clones[i] = clone_device(nodes, i);
		if (clones[i] < 0)
			rc = fail(err, "E_SANDBOX", -clones[i], "cannot make /dev/%s",
				  DEVICES[i].name);
	}
	if (rc == 0)
		rc = mount_visible(target, clones, err);
	umask(umask_before);
	for (size_t i = 0; i < lengthof(clones); i++)
		if (clones[i] >= 0)
			close(clones[i]);
	return rc;
}
