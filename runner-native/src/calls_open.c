/* open to make or to write a file, and access: a caller that believes to be an ordinary user is
 * refused what the recorded owner and mode forbid it to write, and a file that it makes is made
 * here, its owner recorded, and the descriptor handed over. Reading is left to the kernel, which
 * knows one user only (SECURITY.md). Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>

#include "creation.h"

#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define WRITES	    (O_WRONLY | O_RDWR | O_TRUNC)

/* What a descriptor keeps of the flags with which it was asked for. */
#define LASTING                                                                                    \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_NOATIME | O_LARGEFILE)

/* A call of the family, with its arguments wherever they stood. */
struct opening {
	int dirfd;
	uint64_t flags, mode;
	char path[PATH_MAX];
};

/* What of R_OK, W_OK and X_OK the caller lacks on a file: -EACCES, or 0 also for what is not there.
 */
static int check(struct supervisor *supervisor, const struct notice *notice,
		 const struct cred *cred, int dirfd, const char *path, bool follow, unsigned want)
{
	struct stat st;
	struct ownership owner;
	struct located place cleanup_located = { .held = -1 };
	if (notice_locate(notice, dirfd, path, follow, &place) < 0 ||
	    fstatat(AT_FDCWD, place.text, &st, place.follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	/* Devices and pipes are the kernel's to judge; those of /dev are open to all. */
	if (!ownership_in_xattr(st.st_mode))
		return 0;
	(void)ownership_of_path(place.text, place.follow, &st, &owner);
	if (!ownership_is_kept(&owner, &st))
		return 0;
	/* No device that a step makes can be opened, on no rung. */
	if (owner.node != 0)
		return -EACCES;
	return creds_permit(&supervisor->creds, cred, st.st_mode, owner.uid, owner.gid, want)
		       ? 0
		       : -EACCES;
}

static struct answer open_existing(struct supervisor *supervisor, const struct notice *notice,
				   const struct opening *opening)
{
	const struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const unsigned want = (opening->flags & O_ACCMODE) == O_WRONLY ? W_OK : W_OK | R_OK;
	if ((opening->flags & WRITES) == 0)
		return answer_perform();
	int rc = check(supervisor, notice, &cred, opening->dirfd, opening->path,
		       (opening->flags & O_NOFOLLOW) == 0, want);
	return rc < 0 ? answer_value(rc) : answer_perform();
}

/* Records the owner of the new file that `fd` has open, and hands it over. */
static struct answer hand_over(const struct notice *notice, const struct opening *opening,
			       const struct creation *creation, int fd)
{
	int rc = ownership_record_fd(fd, &creation->owner);
	if (rc < 0)
		return answer_value(rc);
	return notice_give(notice, fd, (opening->flags & O_CLOEXEC) != 0);
}

static struct answer open_nameless(struct supervisor *supervisor, const struct notice *notice,
				   const struct opening *opening)
{
	struct creation creation cleanup_creation = { .folder = -1 };
	struct located place cleanup_located = { .held = -1 };
	if (notice_locate(notice, opening->dirfd, opening->path, true, &place) < 0)
		return answer_perform();
	creation.folder = notice_open(notice, &place, O_DIRECTORY);
	int rc = creation.folder < 0 ? 1 : creation_in(supervisor, notice, &creation);
	if (rc < 0)
		return answer_value(rc);
	if (rc > 0 || !creation_is_recorded(&creation))
		return answer_perform();
	const int flags = (int)(opening->flags & (LASTING | O_EXCL)) | O_TMPFILE | O_CLOEXEC;
	const mode_t mode = creation_mode(notice, (mode_t)opening->mode & 07777);
	cleanup_close int fd = open(notice_fd_path(creation.folder).text, flags, mode);
	return fd < 0 ? answer_value(-errno) : hand_over(notice, opening, &creation, fd);
}

static struct answer open_new(struct supervisor *supervisor, const struct notice *notice,
			      const struct opening *opening)
{
	struct stat st;
	struct creation creation cleanup_creation = { .folder = -1 };
	int rc = creation_begin(supervisor, notice, opening->dirfd, opening->path, &creation);
	if (creation.folder < 0)
		return answer_perform();
	/* A link whose target is not there is left to the kernel too: the file is root's then. */
	if (fstatat(creation.folder, creation.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (opening->flags & O_EXCL) != 0 ? answer_perform()
						      : open_existing(supervisor, notice, opening);
	if (rc < 0)
		return answer_value(rc);
	if (rc > 0 || !creation_is_recorded(&creation))
		return answer_perform();
	const int flags =
		(int)(opening->flags & LASTING) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const mode_t mode = creation_mode(notice, (mode_t)opening->mode & 07777);
	cleanup_close int fd = openat(creation.folder, creation.name, flags, mode);
	/* Another made it at this moment: then the kernel opens that, or refuses. */
	if (fd < 0 && errno == EEXIST)
		return answer_perform();
	return fd < 0 ? answer_value(-errno) : hand_over(notice, opening, &creation, fd);
}

static struct answer open_file(struct supervisor *supervisor, const struct notice *notice,
			       struct opening *opening, uint64_t path)
{
	if (notice_read_path(notice, path, opening->path) <= 0 || (opening->flags & O_PATH) != 0)
		return answer_perform();
	if ((opening->flags & TMPFILE_BIT) != 0)
		return open_nameless(supervisor, notice, opening);
	if ((opening->flags & O_CREAT) != 0 && (opening->flags & O_DIRECTORY) == 0)
		return open_new(supervisor, notice, opening);
	return open_existing(supervisor, notice, opening);
}

static struct answer handle_openat(struct supervisor *supervisor, const struct notice *notice)
{
	struct opening opening = { .dirfd = (int)notice->args[0],
				   .flags = (uint32_t)notice->args[2],
				   .mode = notice->args[3] };
	return open_file(supervisor, notice, &opening, notice->args[1]);
}

/* One that confines its path is left to the kernel if it makes nothing. */
static struct answer handle_openat2(struct supervisor *supervisor, const struct notice *notice)
{
	struct open_how how;
	if (notice->args[3] < sizeof(how) ||
	    notice_read(notice, notice->args[2], &how, sizeof(how)) < 0 || how.resolve != 0)
		return answer_perform();
	struct opening opening = { .dirfd = (int)notice->args[0],
				   .flags = how.flags,
				   .mode = how.mode };
	return open_file(supervisor, notice, &opening, notice->args[1]);
}

static struct answer access_at(struct supervisor *supervisor, const struct notice *notice,
			       int dirfd, size_t arg, unsigned flags)
{
	char path[PATH_MAX];
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	int length = notice_read_path(notice, notice->args[arg], path);
	if ((flags & AT_EACCESS) == 0) {
		cred.fsuid = cred.ruid;
		cred.fsgid = cred.rgid;
	}
	if (cred.fsuid == 0 || length < 0 || (length == 0 && (flags & AT_EMPTY_PATH) == 0))
		return answer_perform();
	int rc = check(supervisor, notice, &cred, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
		       (unsigned)notice->args[arg + 1]);
	return rc < 0 ? answer_value(rc) : answer_perform();
}

static struct answer handle_faccessat(struct supervisor *supervisor, const struct notice *notice)
{
	return access_at(supervisor, notice, (int)notice->args[0], 1, 0);
}

static struct answer handle_faccessat2(struct supervisor *supervisor, const struct notice *notice)
{
	return access_at(supervisor, notice, (int)notice->args[0], 1, (unsigned)notice->args[3]);
}

#if defined(__x86_64__)
static struct answer handle_open(struct supervisor *supervisor, const struct notice *notice)
{
	struct opening opening = { .dirfd = AT_FDCWD,
				   .flags = (uint32_t)notice->args[1],
				   .mode = notice->args[2] };
	return open_file(supervisor, notice, &opening, notice->args[0]);
}

static struct answer handle_creat(struct supervisor *supervisor, const struct notice *notice)
{
	struct opening opening = { .dirfd = AT_FDCWD,
				   .flags = O_CREAT | O_WRONLY | O_TRUNC,
				   .mode = notice->args[1] };
	return open_file(supervisor, notice, &opening, notice->args[0]);
}

static struct answer handle_access(struct supervisor *supervisor, const struct notice *notice)
{
	return access_at(supervisor, notice, AT_FDCWD, 0, 0);
}
#endif

static const struct call CALLS[] = {
	{ { __NR_openat, TRAP_IF_BITS, 2, WRITES | O_CREAT | TMPFILE_BIT }, handle_openat },
	{ { __NR_openat2, TRAP_ALWAYS, 0, 0 }, handle_openat2 },
	{ { __NR_faccessat, TRAP_IF_BITS, 2, W_OK }, handle_faccessat },
	{ { __NR_faccessat2, TRAP_IF_BITS, 2, W_OK }, handle_faccessat2 },
#if defined(__x86_64__)
	{ { __NR_open, TRAP_IF_BITS, 1, WRITES | O_CREAT | TMPFILE_BIT }, handle_open },
	{ { __NR_creat, TRAP_ALWAYS, 0, 0 }, handle_creat },
	{ { __NR_access, TRAP_IF_BITS, 1, W_OK }, handle_access },
#endif
};

const struct call_table CALLS_OPEN = { CALLS, lengthof(CALLS) };
