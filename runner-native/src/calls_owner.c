/* chown and its family: the kernel does to the file what a change of owner does besides (copying
 * it up, taking setuid bits and file capabilities away, refusing on a read-only file system), the
 * owner itself is recorded (ownership.h). Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>

#include "ownership.h"
#include "supervisor.h"

#define KEEP ((uint32_t)-1)

/* By the kernel's rules (chown_ok, chgrp_ok in fs/attr.c): root may anything, the owner of a file
 * may give it to a group of theirs. */
static bool may_change(const struct creds *creds, const struct cred *cred,
		       const struct ownership *now, uid_t uid, gid_t gid)
{
	if (cred->fsuid == 0)
		return true;
	if (uid != KEEP && (cred->fsuid != now->uid || uid != now->uid))
		return false;
	return gid == KEEP ||
	       (cred->fsuid == now->uid && (gid == now->gid || creds_in_group(creds, cred, gid)));
}

/* Changes the owner of what `fd` (O_PATH) has open; 0 or -errno. */
static int change_owner(const struct creds *creds, const struct cred *cred, int fd, uid_t uid,
			gid_t gid)
{
	struct stat st;
	struct ownership owner;
	const struct fd_path path = notice_fd_path(fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	(void)ownership_of_path(path.text, true, &st, &owner);
	if (!may_change(creds, cred, &owner, uid, gid))
		return -EPERM;
	if (fchownat(fd, "", 0, 0, AT_EMPTY_PATH) < 0)
		return -errno;
	owner.uid = uid == KEEP ? owner.uid : uid;
	owner.gid = gid == KEEP ? owner.gid : gid;
	if (ownership_in_xattr(st.st_mode))
		return ownership_record_path(path.text, &owner);
	/* A pipe or socket without a name (stdout) belongs to no image. */
	int rc = ownership_record_time(fd, "", AT_EMPTY_PATH, st.st_mtim, &owner);
	return rc == -EPERM || rc == -EACCES || rc == -EROFS ? 0 : rc;
}

/* `path` may be empty: then `dirfd` itself. */
static struct answer chown_at(struct supervisor *supervisor, const struct notice *notice, int dirfd,
			      const char *path, bool follow, const uint64_t *ids)
{
	const struct cred cred = creds_of(&supervisor->creds, notice->tid);
	struct located place cleanup_located = { .held = -1 };
	int rc = notice_locate(notice, dirfd, path, follow, &place);
	if (rc < 0)
		return answer_value(rc);
	cleanup_close int fd = notice_open(notice, &place, 0);
	if (fd < 0)
		return answer_value(fd);
	return answer_value(
		change_owner(&supervisor->creds, &cred, fd, (uid_t)ids[0], (gid_t)ids[1]));
}

static struct answer chown_path(struct supervisor *supervisor, const struct notice *notice,
				int dirfd, size_t arg, bool follow, bool may_be_empty,
				const uint64_t *ids)
{
	char path[PATH_MAX];
	int length = notice_read_path(notice, notice->args[arg], path);
	if (length < 0)
		return answer_value(length);
	if (length == 0 && !may_be_empty)
		return answer_value(-ENOENT);
	return chown_at(supervisor, notice, dirfd, path, follow, ids);
}

#if defined(__x86_64__)
static struct answer handle_chown(struct supervisor *supervisor, const struct notice *notice)
{
	return chown_path(supervisor, notice, AT_FDCWD, 0, true, false, notice->args + 1);
}

static struct answer handle_lchown(struct supervisor *supervisor, const struct notice *notice)
{
	return chown_path(supervisor, notice, AT_FDCWD, 0, false, false, notice->args + 1);
}
#endif

static struct answer handle_fchown(struct supervisor *supervisor, const struct notice *notice)
{
	const int fd = (int)notice->args[0];
	if (fd < 0)
		return answer_value(-EBADF);
	return chown_at(supervisor, notice, fd, "", true, notice->args + 1);
}

static struct answer handle_fchownat(struct supervisor *supervisor, const struct notice *notice)
{
	const unsigned flags = (unsigned)notice->args[4];
	if ((flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return answer_value(-EINVAL);
	return chown_path(supervisor, notice, (int)notice->args[0], 1,
			  (flags & AT_SYMLINK_NOFOLLOW) == 0, (flags & AT_EMPTY_PATH) != 0,
			  notice->args + 2);
}

/* The time of a link or pipe is set together with that of its last use, which holds its owner. */
static struct answer handle_utimensat(struct supervisor *supervisor, const struct notice *notice)
{
	char path[PATH_MAX] = "";
	struct stat st;
	struct ownership owner;
	const bool follow = (notice->args[3] & AT_SYMLINK_NOFOLLOW) == 0;
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct located place cleanup_located = { .held = -1 };
	(void)supervisor;
	/* Without a path it is the descriptor itself. */
	if ((notice->args[1] != 0 && notice_read_path(notice, notice->args[1], path) <= 0) ||
	    notice_locate(notice, (int)notice->args[0], path, follow, &place) < 0)
		return answer_perform();
	cleanup_close int fd = notice_open(notice, &place, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || ownership_in_xattr(st.st_mode) ||
	    !ownership_from_time(st.st_atim, &owner))
		return answer_perform();
	if (notice->args[2] != 0 && notice_read(notice, notice->args[2], times, sizeof(times)) < 0)
		return answer_value(-EFAULT);
	times[0] = st.st_atim;
	return answer_value(utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0);
}

static const struct call CALLS[] = {
#if defined(__x86_64__)
	{ { __NR_chown, TRAP_ALWAYS, 0, 0 }, handle_chown },
	{ { __NR_lchown, TRAP_ALWAYS, 0, 0 }, handle_lchown },
#endif
	{ { __NR_fchown, TRAP_ALWAYS, 0, 0 }, handle_fchown },
	{ { __NR_fchownat, TRAP_ALWAYS, 0, 0 }, handle_fchownat },
	{ { __NR_utimensat, TRAP_ALWAYS, 0, 0 }, handle_utimensat },
};

const struct call_table CALLS_OWNER = { CALLS, lengthof(CALLS) };
