/* Who a file belongs to where a user namespace has one id only (rung "single-id"): what was asked
 * for is recorded on the file itself, so it goes with renames and hard links, is copied up by
 * overlayfs, and needs no table. A regular file or folder carries OWNERSHIP_XATTR; links, pipes and
 * sockets can have no such attribute and carry it as an access time after the year 2106, which
 * relatime never overwrites. A device is an empty regular file whose record says what it stands
 * for. Threat: a step can write any record it likes; it is data about its own image, parsed
 * strictly, and never decides what the kernel lets anybody do. */
#pragma once

#include <sys/stat.h>

#include "util.h"

#define OWNERSHIP_XATTR	   "user.slipway.owner"
#define OWNERSHIP_ROOM	   64	       /* of a record as text */
#define OWNERSHIP_ID_LIMIT 0x80000000U /* ids from here on fit into no access time */

struct ownership {
	uid_t uid;
	gid_t gid;
	mode_t node; /* S_IFCHR or S_IFBLK of a device's stand-in, else 0 */
	unsigned major, minor;
	bool unkept; /* the file system keeps no records: /proc, tmpfs before Linux 6.6 */
};

/* "UID:GID" or "UID:GID:c|b:MAJOR:MINOR", as the attribute has it. */
size_t ownership_format(const struct ownership *owner, char text[OWNERSHIP_ROOM]);
bool ownership_parse(const char *text, size_t length, struct ownership *owner);

/* The access time that stands for an owner, and back: false for any other time. */
struct timespec ownership_to_time(const struct ownership *owner);
bool ownership_from_time(struct timespec time, struct ownership *owner);

/* Whether this kind of file carries the attribute. */
static inline bool ownership_in_xattr(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

/* Whether the owner can be relied on. It is not recorded of a socket, which bind makes, nor of a
 * file in memory only, which has no name. */
static inline bool ownership_is_kept(const struct ownership *owner, const struct stat *st)
{
	return !owner->unkept && !S_ISSOCK(st->st_mode) && st->st_nlink > 0;
}

/* What is recorded of a file that `fd` has open, or that `path` names; root's where nothing is.
 * `st` is its metadata. True where something was recorded. */
bool ownership_of_fd(int fd, const struct stat *st, struct ownership *owner);
bool ownership_of_path(const char *path, bool follow, const struct stat *st,
		       struct ownership *owner);

/* Records the owner of a regular file or folder; nothing is kept for root's. 0 or -errno. A file
 * system without such attributes (tmpfs before Linux 6.6) is none of an image's: 0. */
int ownership_record_fd(int fd, const struct ownership *owner);
int ownership_record_path(const char *path, const struct ownership *owner);

/* The same for any other file: dirfd, name and flags as utimensat has them. */
int ownership_record_time(int dirfd, const char *name, int flags, struct timespec mtime,
			  const struct ownership *owner);

/* Sets the owner of an open file or folder: the record where `recorded`, else chown. */
int ownership_set(int fd, bool recorded, uid_t uid, gid_t gid);
