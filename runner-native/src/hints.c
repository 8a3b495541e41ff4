/* Implementation of hints.h. Reads a few files under /proc/sys of the machine, never of an image;
 * called only before the root is changed. */
#include "hints.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util.h"

/* Whether a sysctl is there and starts with `digit`. */
static bool sysctl_is(const char *path, char digit)
{
	char byte = '\0';
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &byte, 1) == 1 && byte == digit;
}

static const char *userns_hint(int number)
{
	if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return "AppArmor keeps unprivileged programs from user namespaces: install a "
		       "profile that "
		       "allows them for this program, or set "
		       "kernel.apparmor_restrict_unprivileged_userns=0";
	if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return "unprivileged user namespaces are off: set "
		       "kernel.unprivileged_userns_clone=1";
	if (number == ENOSPC || number == EUSERS ||
	    sysctl_is("/proc/sys/user/max_user_namespaces", '0'))
		return "no user namespace is left: raise user.max_user_namespaces";
	if (number == EINVAL || number == ENOSYS)
		return "this kernel has no user namespaces (CONFIG_USER_NS)";
	if (number == EPERM || number == EACCES)
		return "user namespaces are forbidden here; inside a container, its seccomp "
		       "profile must "
		       "allow unshare and clone with CLONE_NEWUSER";
	return NULL;
}

const char *hint_for(enum step step, int number)
{
	switch (step) {
	case STEP_USERNS:
		return userns_hint(number);
	case STEP_NAMESPACES:
		return number == EPERM
			       ? "the root rung needs CAP_SYS_ADMIN; inside a container, give it "
				 "that capability or use the rootless rung"
			       : NULL;
	case STEP_IDMAP:
		return number == ENOENT
			       ? "install newuidmap and newgidmap (package uidmap or shadow-utils)"
			       : "give this user sub-ids: a line `user:100000:65536` in "
				 "/etc/subuid and in "
				 "/etc/subgid, and newuidmap and newgidmap installed setuid root";
	case STEP_OVERLAY:
		if (number == ENODEV)
			return "this kernel has no overlayfs: load the module (modprobe overlay)";
		if (number == EPERM)
			return "overlayfs in a user namespace needs Linux 5.11 or newer";
		if (number == EINVAL || number == EOPNOTSUPP)
			return "the store's file system cannot carry overlayfs; put the store on "
			       "ext4, xfs, "
			       "btrfs, or tmpfs of Linux 6.6 or newer";
		return NULL;
	case STEP_MOUNT:
		return number == EPERM
			       ? "inside a container, /proc and /sys must be mounted without "
				 "masked parts for a nested sandbox (systempaths=unconfined)"
			       : NULL;
	default:
		return NULL;
	}
}
