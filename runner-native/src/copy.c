/* Implementation of copy.h. */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "entry.h"
#include "xattrs.h"

#define CHUNK ((size_t)1 << 30)

/* Before Linux 5.19 copy_file_range refuses two file systems, and some refuse it always. */
static int copy_by_hand(int from, int to)
{
	static char buffer[1 << 16];
	for (;;) {
		ssize_t got = read(from, buffer, sizeof(buffer));
		if (got <= 0)
			return got == 0 ? 0 : -errno;
		int rc = write_all(to, buffer, (size_t)got);
		if (rc < 0)
			return rc;
	}
}

static int copy_content(int from, int to)
{
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	for (bool begun = false;; begun = true) {
		ssize_t moved = copy_file_range(from, NULL, to, NULL, CHUNK, 0);
		if (moved == 0)
			return 0;
		if (moved < 0)
			return begun ? -errno : copy_by_hand(from, to);
	}
}

static int copy_xattrs(int from, int to)
{
	static unsigned char arena[ENTRY_HEADER_MAX];
	static struct entry entry;
	int rc = xattrs_read(from, &entry, arena);
	for (size_t i = 0; i < entry.xattr_count && rc == 0; i++)
		if (fsetxattr(to, entry.xattrs[i].name, entry.xattrs[i].value,
			      entry.xattrs[i].length, 0) < 0)
			rc = -errno;
	return rc;
}

/* chown takes setuid bits and file capabilities away, so they come after it. */
static int copy_metadata(int from, int to, const struct stat *st)
{
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return -errno;
	return copy_xattrs(from, to);
}

static int set_time(int fd, const struct stat *st)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	return futimens(fd, times) < 0 ? -errno : 0;
}

int copy_file(const struct copy *copy)
{
	struct stat st;
	/* Never blocks, whatever the name is by now. */
	cleanup_close int from =
		openat(copy->from, copy->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ESTALE;
	cleanup_close int to = openat(copy->to, copy->as,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	int rc = copy_content(from, to);
	if (rc == 0)
		rc = copy_metadata(from, to, &st);
	return rc < 0 ? rc : set_time(to, &st);
}

static int copy_link(const struct copy *copy)
{
	char target[WHOLE_PATH_MAX + 1];
	ssize_t length = readlinkat(copy->from, copy->name, target, WHOLE_PATH_MAX);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return symlinkat(target, copy->to, copy->as) < 0 ? -errno : 0;
}

int copy_special(const struct copy *copy, const struct stat *st)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	const int flags = AT_SYMLINK_NOFOLLOW;
	int rc = S_ISLNK(st->st_mode) ? copy_link(copy)
		 : mknodat(copy->to, copy->as, st->st_mode & (S_IFMT | 0777), st->st_rdev) < 0
			 ? -errno
			 : 0;
	if (rc < 0)
		return rc;
	if (fchownat(copy->to, copy->as, st->st_uid, st->st_gid, flags) < 0)
		return -errno;
	/* Made a moment ago, where nobody else works: no link. */
	if (!S_ISLNK(st->st_mode) && fchmodat(copy->to, copy->as, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(copy->to, copy->as, times, flags) < 0 ? -errno : 0;
}

int copy_folder_metadata(int from, int to)
{
	struct stat st;
	return fstat(from, &st) < 0 ? -errno : copy_metadata(from, to, &st);
}

int copy_time(int from, int to)
{
	struct stat st;
	return fstat(from, &st) < 0 ? -errno : set_time(to, &st);
}
