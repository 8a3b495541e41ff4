/* Implementation of hints.h. Reads a few files under /proc/sys of the machine, never of an image;
 * called only before the root is changed. */
#include "hints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "util.h"

/* Whether a sysctl is there and starts with `digit`. */
static bool sysctl_is(const char *path, char digit)
{
	char byte = '\0';
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &byte, 1) == 1 && byte == digit;
}

/* Ubuntu 23.10 and later: a program needs a profile of its own. */
static const char *apparmor_hint(void)
{
	static char text[1024];
	snprintf(text, sizeof(text),
		 "AppArmor keeps unprivileged programs from user namespaces. As root, write\n"
		 "  abi <abi/4.0>,\n"
		 "  profile slipway-runner \"%.512s\" flags=(unconfined) { userns, }\n"
		 "to /etc/apparmor.d/slipway-runner, then run: apparmor_parser -r "
		 "/etc/apparmor.d/slipway-runner",
		 program_invocation_name);
	return text;
}

/* A limit on namespaces that is 0: some distributions and hardening guides set one so. */
static const char *limit_hint(void)
{
	static const struct {
		const char *path, *hint;
	} limits[] = {
#define LIMIT(name) { "/proc/sys/user/" name, "as root: sysctl -w user." name "=10000 (it is 0)" }
		LIMIT("max_user_namespaces"),	LIMIT("max_mnt_namespaces"),
		LIMIT("max_pid_namespaces"),	LIMIT("max_net_namespaces"),
		LIMIT("max_ipc_namespaces"),	LIMIT("max_uts_namespaces"),
		LIMIT("max_cgroup_namespaces"),
#undef LIMIT
	};
	for (size_t i = 0; i < lengthof(limits); i++)
		if (sysctl_is(limits[i].path, '0'))
			return limits[i].hint;
	return NULL;
}

static const char *userns_hint(int number)
{
	if (limit_hint() != NULL)
		return limit_hint();
	if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return apparmor_hint();
	if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return "unprivileged user namespaces are off: set "
		       "kernel.unprivileged_userns_clone=1";
	if (number == ENOSPC || number == EUSERS)
		return "no namespace is left: raise user.max_user_namespaces and its like, or end "
		       "what holds so many";
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
		return limit_hint() != NULL ? limit_hint()
		       : number == EPERM
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
	case STEP_SUPERVISOR:
		if (number == EPERM)
			return "reading a child's memory is forbidden here: set "
			       "kernel.yama.ptrace_scope to 2 or less";
		if (number == EOPNOTSUPP)
			return "this rung needs Linux 5.9 or newer, with CONFIG_SECCOMP_FILTER";
		return "put the store on ext4, btrfs, tmpfs, or xfs with bigtime";
	case STEP_CHROOT:
		return number == EPERM ? "the chroot rung needs root with CAP_SYS_CHROOT, which "
					 "this container does not give"
				       : NULL;
	default:
		return NULL;
	}
}
