/* Implementation of path.h. Runs in pid 1 of a step and in the store verbs, privileged, over
 * trees that an attacker wrote. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys.h"

int path_open_in_root(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	int fd;
	/* EAGAIN: a rename raced with a `..` in the path; the kernel asks to try again. */
	do
		fd = sys_openat2(root, *path == '\0' ? "." : path, flags | O_CLOEXEC, 0,
				 resolve | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : fd;
}

bool path_is_clean(const char *path)
{
	size_t length = strlen(path);
	if (length == 0)
		return true;
	if (length > WHOLE_PATH_MAX)
		return false;
	for (const char *at = path;;) {
		size_t part = strcspn(at, "/");
		if (part == 0 || part > COMPONENT_MAX)
			return false;
		if (at[0] == '.' && (part == 1 || (part == 2 && at[1] == '.')))
			return false;
		if (at[part] == '\0')
			return true;
		at += part + 1;
	}
}

int path_walk_beneath(int dir, const char *path, uint64_t flags, mode_t mode)
{
	char name[COMPONENT_MAX + 1];
	cleanup_close int held = -1;
	if (strcmp(path, ".") != 0 && !path_is_clean(path))
		return -EXDEV;
	if (*path == '\0')
		return -ENOENT;
	for (;;) {
		size_t part = strcspn(path, "/");
		memcpy(name, path, part);
		name[part] = '\0';
		bool last = path[part] == '\0';
		int want = last ? (int)flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
		int fd = openat(held < 0 ? dir : held, name, want | O_CLOEXEC, mode);
		if (fd < 0 || last)
			return fd < 0 ? -errno : fd;
		if (held >= 0)
			close(held);
		held = fd;
		path += part + 1;
	}
}

int path_open_beneath(int dir, const char *path, uint64_t flags, mode_t mode)
{
	int fd;
	uint64_t permitted = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
	do
		fd = sys_openat2(dir, path, flags | O_NOFOLLOW | O_CLOEXEC, permitted,
				 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	if (fd >= 0)
		return fd;
	/* Seccomp profiles of containers answer calls that they do not know with EPERM. */
	if (errno == ENOSYS || errno == EPERM)
		return path_walk_beneath(dir, path, flags, mode);
	return -errno;
}

bool path_is_device(int fd, unsigned major_number, unsigned minor_number)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) == major_number &&
	       minor(st.st_rdev) == minor_number;
}

int path_pin(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || S_ISLNK(st.st_mode)) {
		close(fd);
		return -ELOOP;
	}
	return fd;
}
