/* Implementation of kernel_copies.h. */
#include "kernel_copies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dirlist.h"

#define MOST_BYTES ((size_t)4 << 20)

static const char *const PROC[] = {
	"cpuinfo",
	"filesystems",
	"loadavg",
	"meminfo",
	"stat",
	"uptime",
	"version",
	"sys/fs/file-max",
	"sys/kernel/cap_last_cap",
	"sys/kernel/hostname",
	"sys/kernel/ngroups_max",
	"sys/kernel/osrelease",
	"sys/kernel/ostype",
	"sys/kernel/pid_max",
	"sys/kernel/random/boot_id",
	"sys/kernel/threads-max",
	"sys/kernel/version",
	"sys/net/core/somaxconn",
	"sys/vm/max_map_count",
	"sys/vm/overcommit_memory",
};

static const char *const SYS[] = {
	"devices/system/cpu/online",
	"devices/system/cpu/possible",
	"devices/system/cpu/present",
};

/* Makes the folders that `path` is in. */
static int make_parents(int folder, const char *path)
{
	char part[128];
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(folder, part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int put(int folder, const char *path, const char *text, size_t length)
{
	int rc = make_parents(folder, path);
	if (rc < 0)
		return rc;
	cleanup_close int to =
		openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	return to < 0 ? -errno : write_all(to, text, length);
}

static int copy_one(int folder, const char *place, const char *path)
{
	char source[160];
	char *text = NULL;
	size_t length = 0;
	snprintf(source, sizeof(source), "%s/%s", place, path);
	cleanup_close int from = open(source, O_RDONLY | O_CLOEXEC);
	int rc = from < 0 ? -errno : read_to_end(from, MOST_BYTES, &text, &length);
	if (rc == 0)
		rc = put(folder, path, text, length);
	else
		rc = 0;
	free(text);
	return rc;
}

int kernel_copies_proc(int folder)
{
	/* What stands for mounts, as if it were some: installers ask whether /proc is there. */
	static const char mounts[] = "none / none rw 0 0\nproc /proc proc rw 0 0\n"
				     "sysfs /sys sysfs ro 0 0\ntmpfs /dev tmpfs rw 0 0\n";
	static const char info[] =
		"1 0 0:1 / / rw - none none rw\n2 1 0:2 / /proc rw - proc proc rw\n"
		"3 1 0:3 / /sys ro - sysfs sysfs ro\n"
		"4 1 0:4 / /dev rw - tmpfs tmpfs rw\n";
	int rc = put(folder, "mounts", mounts, sizeof(mounts) - 1);
	if (rc == 0)
		rc = put(folder, "mountinfo", info, sizeof(info) - 1);
	for (size_t i = 0; i < lengthof(PROC) && rc == 0; i++)
		rc = copy_one(folder, "/proc", PROC[i]);
	return rc;
}

/* Names of the network's interfaces. */
static int copy_interfaces(int folder)
{
	struct dirlist list = { 0 };
	char path[300];
	cleanup_close int from = open("/sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = make_parents(folder, "class/net/");
	if (rc < 0 || from < 0 || dirlist_read(from, &list) < 0)
		return rc;
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		snprintf(path, sizeof(path), "class/net/%.255s", list.names[i]);
		if (mkdirat(folder, path, 0755) < 0)
			rc = -errno;
	}
	dirlist_free(&list);
	return rc;
}

int kernel_copies_sys(int folder, bool has_network)
{
	int rc = has_network ? copy_interfaces(folder) : make_parents(folder, "class/net/lo/");
	for (size_t i = 0; i < lengthof(SYS) && rc == 0; i++)
		rc = copy_one(folder, "/sys", SYS[i]);
	return rc;
}
