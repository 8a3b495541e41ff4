/* Implementation of ownership.h. Runs in pid 1 of a step and in the store verbs. */
#include "ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Access times are FIRST + uid + 2^31 * (gid / 10^9) seconds and gid % 10^9 nanoseconds: at most
 * the year 2310, and ext4 and xfs end in 2446 and later. */
#define FIRST	   ((int64_t)1 << 32)
#define STRIDE	   ((int64_t)1 << 31)
#define NANOSECOND 1000000000
#define STRIDES	   3

size_t ownership_format(const struct ownership *owner, char text[OWNERSHIP_ROOM])
{
	int length =
		owner->node == 0
			? snprintf(text, OWNERSHIP_ROOM, "%u:%u", owner->uid, owner->gid)
			: snprintf(text, OWNERSHIP_ROOM, "%u:%u:%c:%u:%u", owner->uid, owner->gid,
				   S_ISBLK(owner->node) ? 'b' : 'c', owner->major, owner->minor);
	return (size_t)length;
}

/* The number before the next colon, or the end; moves past it. */
static bool take_number(char **at, uint32_t *value)
{
	uint64_t number;
	char *part = strsep(at, ":");
	if (part == NULL || !parse_number(part, 10, UINT32_MAX - 1, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

bool ownership_parse(const char *text, size_t length, struct ownership *owner)
{
	char copy[OWNERSHIP_ROOM];
	char *at = copy;
	struct ownership read = { 0 };
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (strlen(copy) != length || !take_number(&at, &read.uid) || !take_number(&at, &read.gid))
		return false;
	if (at != NULL) {
		const char *kind = strsep(&at, ":");
		if (strcmp(kind, "c") != 0 && strcmp(kind, "b") != 0)
			return false;
		read.node = *kind == 'b' ? S_IFBLK : S_IFCHR;
		if (!take_number(&at, &read.major) || !take_number(&at, &read.minor) || at != NULL)
			return false;
	}
	*owner = read;
	return true;
}

struct timespec ownership_to_time(const struct ownership *owner)
{
	return (struct timespec){ .tv_sec = FIRST + (int64_t)owner->uid +
					    STRIDE * (int64_t)(owner->gid / NANOSECOND),
				  .tv_nsec = (long)(owner->gid % NANOSECOND) };
}

bool ownership_from_time(struct timespec time, struct ownership *owner)
{
	int64_t past = (int64_t)time.tv_sec - FIRST;
	if (past < 0 || past >= STRIDES * STRIDE)
		return false;
	*owner = (struct ownership){
		.uid = (uid_t)(past % STRIDE),
		.gid = (gid_t)((past / STRIDE) * NANOSECOND + time.tv_nsec),
	};
	return true;
}

/* Makes sense of what reading the attribute gave. */
static bool understand(const char *text, ssize_t length, struct ownership *owner)
{
	*owner = (struct ownership){ .unkept = length < 0 && errno == EOPNOTSUPP };
	return length > 0 && ownership_parse(text, (size_t)length, owner);
}

static bool of_time(const struct stat *st, struct ownership *owner)
{
	*owner = (struct ownership){ 0 };
	return ownership_from_time(st->st_atim, owner);
}

bool ownership_of_fd(int fd, const struct stat *st, struct ownership *owner)
{
	char text[OWNERSHIP_ROOM];
	if (!ownership_in_xattr(st->st_mode))
		return of_time(st, owner);
	return understand(text, fgetxattr(fd, OWNERSHIP_XATTR, text, sizeof(text)), owner);
}

bool ownership_of_path(const char *path, bool follow, const struct stat *st,
		       struct ownership *owner)
{
	char text[OWNERSHIP_ROOM];
	if (!ownership_in_xattr(st->st_mode))
		return of_time(st, owner);
	ssize_t length = (follow ? getxattr : lgetxattr)(path, OWNERSHIP_XATTR, text, sizeof(text));
	return understand(text, length, owner);
}

static bool is_default(const struct ownership *owner)
{
	return owner->uid == 0 && owner->gid == 0 && owner->node == 0;
}

/* What a failed call to set or remove an attribute means. */
static int outcome(int rc)
{
	return rc == 0 || errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
}

int ownership_record_fd(int fd, const struct ownership *owner)
{
	char text[OWNERSHIP_ROOM];
	if (is_default(owner))
		return outcome(fremovexattr(fd, OWNERSHIP_XATTR));
	return outcome(fsetxattr(fd, OWNERSHIP_XATTR, text, ownership_format(owner, text), 0));
}

int ownership_record_path(const char *path, const struct ownership *owner)
{
	char text[OWNERSHIP_ROOM];
	if (is_default(owner))
		return outcome(removexattr(path, OWNERSHIP_XATTR));
	return outcome(setxattr(path, OWNERSHIP_XATTR, text, ownership_format(owner, text), 0));
}

int ownership_record_time(int dirfd, const char *name, int flags, struct timespec mtime,
			  const struct ownership *owner)
{
	if (owner->uid >= OWNERSHIP_ID_LIMIT || owner->gid >= OWNERSHIP_ID_LIMIT)
		return -EOVERFLOW;
	const struct timespec times[2] = { is_default(owner) ? mtime : ownership_to_time(owner),
					   mtime };
	return utimensat(dirfd, name, times, flags) < 0 ? -errno : 0;
}

int ownership_set(int fd, bool recorded, uid_t uid, gid_t gid)
{
	const struct ownership owner = { .uid = uid, .gid = gid };
	if (recorded)
		return ownership_record_fd(fd, &owner);
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}
