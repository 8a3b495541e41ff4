/* Names that are taken away or moved, modes and times that are set: the kernel does it all, but not
 * for a caller that believes to be an ordinary user and has no right to it. Part of the supervisor.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>

#include "creation.h"

#define NR_FCHMODAT2 452 /* newer than the headers of a supported distribution */

/* One file that a call names. */
struct target {
	struct stat st;
	struct ownership owner;
	int fd; /* O_PATH */
};

static bool is_ordinary(const struct supervisor *supervisor, const struct notice *notice,
			struct cred *cred)
{
	*cred = creds_of(&supervisor->creds, notice->tid);
	return cred->fsuid != 0;
}

/* Takes an O_PATH descriptor over; -1 stays a target that is not there. */
static bool look_at(struct target *target, int fd)
{
	target->fd = fd;
	if (fd < 0 || fstat(fd, &target->st) < 0)
		return false;
	(void)ownership_of_path(notice_fd_path(fd).text, true, &target->st, &target->owner);
	return true;
}

static void target_close(struct target *target)
{
	cleanup_close_fn(&target->fd);
}

#define cleanup_target __attribute__((cleanup(target_close)))

/* Whether the caller may take away the name that the creation stands for (may_delete in
 * fs/namei.c): 0 or -errno; 0 also where it is not there, which the kernel knows. */
static int check_removal(struct supervisor *supervisor, const struct notice *notice,
			 struct creation *creation)
{
	struct target name cleanup_target = { .fd = -1 };
	struct target folder cleanup_target = { .fd = -1 };
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	if (!look_at(&name, openat(creation->folder, creation->name, flags)))
		return 0;
	int rc = creation_in(supervisor, notice, creation);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	const uid_t fsuid = creation->cred.fsuid;
	if (!ownership_is_kept(&name.owner, &name.st) ||
	    !look_at(&folder, openat(creation->folder, ".", flags)) ||
	    (folder.st.st_mode & S_ISVTX) == 0)
		return 0;
	return fsuid == name.owner.uid || fsuid == folder.owner.uid ? 0 : -EPERM;
}

static int check_path(struct supervisor *supervisor, const struct notice *notice, int dirfd,
		      size_t arg, bool is_new)
{
	char path[PATH_MAX];
	struct stat st;
	struct creation creation cleanup_creation = { .folder = -1 };
	if (notice_read_path(notice, notice->args[arg], path) < 0)
		return 0;
	creation_strip_slashes(path);
	if (!creation_find(notice, dirfd, path, &creation))
		return 0;
	if (is_new && fstatat(creation.folder, creation.name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		const int rc = creation_in(supervisor, notice, &creation);
		return rc < 0 ? rc : 0;
	}
	return check_removal(supervisor, notice, &creation);
}

static struct answer refuse_or_perform(int rc)
{
	return rc < 0 ? answer_value(rc) : answer_perform();
}

static struct answer remove_name(struct supervisor *supervisor, const struct notice *notice,
				 int dirfd, size_t arg)
{
	struct cred cred;
	if (!is_ordinary(supervisor, notice, &cred))
		return answer_perform();
	return refuse_or_perform(check_path(supervisor, notice, dirfd, arg, false));
}

static struct answer rename_names(struct supervisor *supervisor, const struct notice *notice,
				  const int dirfds[2], const size_t args[2])
{
	struct cred cred;
	if (!is_ordinary(supervisor, notice, &cred))
		return answer_perform();
	int rc = check_path(supervisor, notice, dirfds[0], args[0], false);
	if (rc == 0)
		rc = check_path(supervisor, notice, dirfds[1], args[1], true);
	return refuse_or_perform(rc);
}

/* A new name for a file: where one may be made. That it is taken is the kernel's to say. */
static struct answer add_name(struct supervisor *supervisor, const struct notice *notice, int dirfd,
			      size_t arg)
{
	char path[PATH_MAX];
	struct cred cred;
	struct creation creation cleanup_creation = { .folder = -1 };
	if (!is_ordinary(supervisor, notice, &cred) ||
	    notice_read_path(notice, notice->args[arg], path) < 0)
		return answer_perform();
	return refuse_or_perform(creation_begin(supervisor, notice, dirfd, path, &creation));
}

/* Opens the file that the arguments name; an empty path is `dirfd` itself. */
static bool find_target(const struct notice *notice, int dirfd, const char *path, bool follow,
			struct target *target)
{
	struct located place cleanup_located = { .held = -1 };
	return notice_locate(notice, dirfd, path, follow, &place) == 0 &&
	       look_at(target, notice_open(notice, &place, 0));
}

/* chmod by who is not in the file's group takes its setgid bit away. */
static struct answer change_mode(struct supervisor *supervisor, const struct notice *notice,
				 int dirfd, const char *path, bool follow, uint64_t mode)
{
	struct cred cred;
	struct target target cleanup_target = { .fd = -1 };
	if (!is_ordinary(supervisor, notice, &cred) ||
	    !find_target(notice, dirfd, path, follow, &target))
		return answer_perform();
	if (!ownership_is_kept(&target.owner, &target.st))
		return answer_perform();
	if (target.owner.uid != cred.fsuid)
		return answer_value(-EPERM);
	if ((mode & S_ISGID) == 0 || creds_in_group(&supervisor->creds, &cred, target.owner.gid))
		return answer_perform();
	const mode_t left = (mode_t)mode & 07777 & (mode_t)~S_ISGID;
	return answer_value(chmod(notice_fd_path(target.fd).text, left) < 0 ? -errno : 0);
}

static struct answer change_mode_of_path(struct supervisor *supervisor, const struct notice *notice,
					 int dirfd, size_t arg, unsigned flags)
{
	char path[PATH_MAX];
	int length = notice_read_path(notice, notice->args[arg], path);
	if (length < 0 || (length == 0 && (flags & AT_EMPTY_PATH) == 0))
		return answer_perform();
	return change_mode(supervisor, notice, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
			   notice->args[arg + 1]);
}

/* Who may write a file may say that it was written now; other times are its owner's to set. */
static struct answer change_times(struct supervisor *supervisor, const struct notice *notice,
				  int dirfd, size_t arg, bool follow, bool to_now)
{
	char path[PATH_MAX] = "";
	struct cred cred;
	struct target target cleanup_target = { .fd = -1 };
	if (!is_ordinary(supervisor, notice, &cred) ||
	    (notice->args[arg] != 0 && notice_read_path(notice, notice->args[arg], path) < 0) ||
	    !find_target(notice, dirfd, path, follow, &target) || target.owner.uid == cred.fsuid)
		return answer_perform();
	if (!ownership_is_kept(&target.owner, &target.st) || S_ISCHR(target.st.st_mode))
		return answer_perform();
	if (!to_now)
		return answer_value(-EPERM);
	return refuse_or_perform(creds_permit(&supervisor->creds, &cred, target.st.st_mode,
					      target.owner.uid, target.owner.gid, W_OK)
					 ? 0
					 : -EACCES);
}

static struct answer shorten(struct supervisor *supervisor, const struct notice *notice)
{
	char path[PATH_MAX];
	struct cred cred;
	struct target target cleanup_target = { .fd = -1 };
	if (!is_ordinary(supervisor, notice, &cred) ||
	    notice_read_path(notice, notice->args[0], path) <= 0 ||
	    !find_target(notice, AT_FDCWD, path, true, &target) ||
	    !ownership_is_kept(&target.owner, &target.st) ||
	    creds_permit(&supervisor->creds, &cred, target.st.st_mode, target.owner.uid,
			 target.owner.gid, W_OK))
		return answer_perform();
	return answer_value(-EACCES);
}

static bool is_now(const struct notice *notice, uint64_t address)
{
	struct timespec times[2];
	return address == 0 || (notice_read(notice, address, times, sizeof(times)) == 0 &&
				times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
}

#define HANDLER(name, result)                                                                      \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)      \
	{                                                                                          \
		return result;                                                                     \
	}

#define FD(arg)	   ((int)notice->args[arg])
#define FLAGS(arg) ((unsigned)notice->args[arg])

HANDLER(handle_unlinkat, remove_name(supervisor, notice, FD(0), 1))
HANDLER(handle_renameat,
	rename_names(supervisor, notice, (const int[]){ FD(0), FD(2) }, (const size_t[]){ 1, 3 }))
HANDLER(handle_linkat, add_name(supervisor, notice, FD(2), 3))
HANDLER(handle_fchmod, change_mode(supervisor, notice, FD(0), "", true, notice->args[1]))
HANDLER(handle_fchmodat, change_mode_of_path(supervisor, notice, FD(0), 1, 0))
HANDLER(handle_fchmodat2, change_mode_of_path(supervisor, notice, FD(0), 1, FLAGS(3)))
HANDLER(handle_utimensat,
	change_times(supervisor, notice, FD(0), 1, (FLAGS(3) & AT_SYMLINK_NOFOLLOW) == 0,
		     is_now(notice, notice->args[2])))
#if defined(__x86_64__)
HANDLER(handle_unlink, remove_name(supervisor, notice, AT_FDCWD, 0))
HANDLER(handle_rename, rename_names(supervisor, notice, (const int[]){ AT_FDCWD, AT_FDCWD },
				    (const size_t[]){ 0, 1 }))
HANDLER(handle_link, add_name(supervisor, notice, AT_FDCWD, 1))
HANDLER(handle_chmod, change_mode_of_path(supervisor, notice, AT_FDCWD, 0, 0))
HANDLER(handle_utimes, change_times(supervisor, notice, AT_FDCWD, 0, true, notice->args[1] == 0))
#endif

static const struct call CALLS[] = {
	{ { __NR_unlinkat, TRAP_ALWAYS, 0, 0 }, handle_unlinkat },
	{ { __NR_renameat, TRAP_ALWAYS, 0, 0 }, handle_renameat },
	{ { __NR_renameat2, TRAP_ALWAYS, 0, 0 }, handle_renameat },
	{ { __NR_truncate, TRAP_ALWAYS, 0, 0 }, shorten },
	{ { __NR_linkat, TRAP_ALWAYS, 0, 0 }, handle_linkat },
	{ { __NR_fchmod, TRAP_ALWAYS, 0, 0 }, handle_fchmod },
	{ { __NR_fchmodat, TRAP_ALWAYS, 0, 0 }, handle_fchmodat },
	{ { NR_FCHMODAT2, TRAP_ALWAYS, 0, 0 }, handle_fchmodat2 },
	{ { __NR_utimensat, TRAP_ALWAYS, 0, 0 }, handle_utimensat },
#if defined(__x86_64__)
	{ { __NR_unlink, TRAP_ALWAYS, 0, 0 }, handle_unlink },
	{ { __NR_rmdir, TRAP_ALWAYS, 0, 0 }, handle_unlink },
	{ { __NR_rename, TRAP_ALWAYS, 0, 0 }, handle_rename },
	{ { __NR_link, TRAP_ALWAYS, 0, 0 }, handle_link },
	{ { __NR_chmod, TRAP_ALWAYS, 0, 0 }, handle_chmod },
	{ { __NR_utime, TRAP_ALWAYS, 0, 0 }, handle_utimes },
	{ { __NR_utimes, TRAP_ALWAYS, 0, 0 }, handle_utimes },
#endif
};

const struct call_table CALLS_CHANGE = { CALLS, lengthof(CALLS) };
