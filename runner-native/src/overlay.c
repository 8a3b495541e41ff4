/* Implementation of overlay.h. Layers are named /proc/self/fd/N: the kernel takes at most 255
 * bytes for an option and 4 KiB for all of them the old way, and stores lie deep. */
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "events.h"
#include "fsmount.h"
#include "sys.h"

/* What would put more into upper than the step's own changes is off; userxattr implies that
 * redirects and metacopy are. */
static const struct fs_option COMMON[] = {
	{ "userxattr", NULL },
	{ "index", "off" },
	{ "nfs_export", "off" },
	{ "xino", "off" },
};

struct opened {
	int *fds; /* topmost first, then upper and work */
	size_t count;
	size_t lower_count;
};

static void opened_close(struct opened *opened)
{
	for (size_t i = 0; i < opened->count; i++)
		close(opened->fds[i]);
	free(opened->fds);
}

static int open_one(struct opened *opened, const char *path, struct err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the layer folder %s", path);
	opened->fds[opened->count++] = fd;
	return 0;
}

static int open_all(struct opened *opened, const struct overlay *overlay, struct err *err)
{
	int rc = 0;
	opened->fds = calloc(overlay->lower_count + 3, sizeof(int));
	if (opened->fds == NULL)
		return fail(err, "E_SANDBOX", ENOMEM, "cannot hold the layers");
	if (overlay->stubs != NULL)
		rc = open_one(opened, overlay->stubs, err);
	for (size_t i = 0; i < overlay->lower_count && rc == 0; i++)
		rc = open_one(opened, overlay->lowers[i], err);
	opened->lower_count = opened->count;
	if (overlay->upper != NULL && rc == 0)
		rc = open_one(opened, overlay->upper, err);
	if (overlay->upper != NULL && rc == 0)
		rc = open_one(opened, overlay->work, err);
	return rc;
}

/* Linux 6.8: each layer an option of its own. -errno where that is not known. */
static int mount_by_parts(const struct opened *opened, bool is_volatile)
{
	cleanup_close int context = sys_fsopen("overlay");
	if (context < 0)
		return -errno;
	for (size_t i = 0; i < opened->count; i++) {
		const char *key = i < opened->lower_count    ? "lowerdir+"
				  : i == opened->lower_count ? "upperdir"
							     : "workdir";
		if (sys_fsconfig(context, FSCONFIG_SET_STRING, key, fd_path(opened->fds[i]).text) <
		    0)
			return -errno;
	}
	for (size_t i = 0; i < lengthof(COMMON); i++) {
		unsigned command =
			COMMON[i].value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
		if (sys_fsconfig(context, command, COMMON[i].key, COMMON[i].value) < 0)
			return -errno;
	}
	if (is_volatile && sys_fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL) < 0)
		return -errno;
	if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return -errno;
	int mount = sys_fsmount(context, MOUNT_ATTR_NODEV);
	return mount < 0 ? -errno : mount;
}

/* Older kernels: one string of at most a page, about 200 layers. */
static int mount_by_string(const struct opened *opened, bool is_volatile, const char *target)
{
	char text[4096] = "";
	size_t used = 0;
	for (size_t i = 0; i < opened->count && used < sizeof(text); i++) {
		const char *key = i == 0		     ? "lowerdir="
				  : i < opened->lower_count  ? ":"
				  : i == opened->lower_count ? ",upperdir="
							     : ",workdir=";
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", key,
					 fd_path(opened->fds[i]).text);
	}
	for (size_t i = 0; i < lengthof(COMMON) && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",%s%s%s", COMMON[i].key,
					 COMMON[i].value == NULL ? "" : "=",
					 COMMON[i].value == NULL ? "" : COMMON[i].value);
	if (is_volatile && used < sizeof(text))
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",volatile");
	if (used >= sizeof(text))
		return -E2BIG;
	return sys_mount("overlay", target, "overlay", MS_NODEV, text) < 0 ? -errno : 0;
}

static int mount_opened(const struct opened *opened, bool is_volatile, const char *target)
{
	cleanup_close int mount = mount_by_parts(opened, is_volatile);
	if (mount < 0) {
		/* A real refusal (no overlayfs, no permission) is the same the other way. */
		if (mount != -EINVAL && mount != -ENOSYS && mount != -ENOENT)
			return mount;
		return mount_by_string(opened, is_volatile, target);
	}
	cleanup_close int at = open(target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return at < 0 ? -errno : fs_attach(mount, at);
}

int overlay_mount(const struct overlay *overlay, const char *target, struct err *err)
{
	struct opened opened = { 0 };
	int rc = open_all(&opened, overlay, err);
	if (rc == 0) {
		rc = mount_opened(&opened, overlay->is_volatile, target);
		if (rc == -E2BIG)
			fail(err, "E_NO_OVERLAY", E2BIG, "%zu layers are too many for this kernel",
			     opened.lower_count);
		else if (rc < 0)
			fail_step(err, STEP_OVERLAY, -rc, "cannot stack %zu layers with overlayfs",
				  opened.lower_count);
	}
	opened_close(&opened);
	if (rc < 0)
		return rc;
	int root = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? fail(err, "E_SANDBOX", errno, "cannot open the merged root") : root;
}
