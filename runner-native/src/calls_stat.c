/* stat and its family: a file with a record (ownership.h) is shown as the record says; every other
 * one is left to the kernel, which is cheaper and exact. Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ownership.h"
#include "supervisor.h"
#include "sys.h"

/* What a call looks at. */
struct look {
	struct located place;
	struct stat st;
	struct ownership owner;
};

static void look_close(struct look *look)
{
	located_close(&look->place);
}

#define cleanup_look __attribute__((cleanup(look_close)))

/* Whether the file has a record; false also for what cannot be looked at: the kernel says why. */
static bool look_at(const struct notice *notice, int dirfd, const char *path, bool follow,
		    struct look *look)
{
	if (notice_locate(notice, dirfd, path, follow, &look->place) < 0)
		return false;
	const struct located *place = &look->place;
	if (fstatat(AT_FDCWD, place->text, &look->st, place->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return ownership_of_path(place->text, place->follow, &look->st, &look->owner) &&
	       notice_stands(notice);
}

static bool look_at_path(const struct notice *notice, int dirfd, size_t arg, unsigned flags,
			 struct look *look)
{
	char path[PATH_MAX];
	int length = notice_read_path(notice, notice->args[arg], path);
	/* Since Linux 6.11 the path may be a null pointer too: then it is the descriptor. */
	if (length < 0 && notice->args[arg] == 0)
		path[length = 0] = '\0';
	if (length < 0 || (length == 0 && (flags & AT_EMPTY_PATH) == 0))
		return false;
	return look_at(notice, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, look);
}

static mode_t shown_mode(const struct look *look, mode_t mode)
{
	return look->owner.node == 0 ? mode : (mode & 07777) | look->owner.node;
}

static struct answer show(const struct notice *notice, const struct look *look, uint64_t address)
{
	struct stat st = look->st;
	st.st_uid = look->owner.uid;
	st.st_gid = look->owner.gid;
	st.st_mode = shown_mode(look, st.st_mode);
	if (look->owner.node != 0)
		st.st_rdev = makedev(look->owner.major, look->owner.minor);
	if (!ownership_in_xattr(look->st.st_mode))
		st.st_atim = st.st_mtim;
	return answer_value(notice_write(notice, address, &st, sizeof(st)));
}

#if defined(__x86_64__)
static struct answer handle_stat(struct supervisor *supervisor, const struct notice *notice)
{
	struct look look cleanup_look = { .place.held = -1 };
	(void)supervisor;
	return look_at_path(notice, AT_FDCWD, 0, 0, &look) ? show(notice, &look, notice->args[1])
							   : answer_perform();
}

static struct answer handle_lstat(struct supervisor *supervisor, const struct notice *notice)
{
	struct look look cleanup_look = { .place.held = -1 };
	(void)supervisor;
	return look_at_path(notice, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW, &look)
		       ? show(notice, &look, notice->args[1])
		       : answer_perform();
}
#endif

static struct answer handle_fstat(struct supervisor *supervisor, const struct notice *notice)
{
	struct look look cleanup_look = { .place.held = -1 };
	const int fd = (int)notice->args[0];
	(void)supervisor;
	return fd >= 0 && look_at(notice, fd, "", true, &look)
		       ? show(notice, &look, notice->args[1])
		       : answer_perform();
}

static struct answer handle_fstatat(struct supervisor *supervisor, const struct notice *notice)
{
	struct look look cleanup_look = { .place.held = -1 };
	(void)supervisor;
	return look_at_path(notice, (int)notice->args[0], 1, (unsigned)notice->args[3], &look)
		       ? show(notice, &look, notice->args[2])
		       : answer_perform();
}

static struct answer handle_statx(struct supervisor *supervisor, const struct notice *notice)
{
	struct statx stx;
	struct look look cleanup_look = { .place.held = -1 };
	const unsigned flags = (unsigned)notice->args[2];
	(void)supervisor;
	if (!look_at_path(notice, (int)notice->args[0], 1, flags, &look))
		return answer_perform();
	const unsigned here = (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) |
			      (look.place.follow ? 0 : AT_SYMLINK_NOFOLLOW);
	memset(&stx, 0, sizeof(stx));
	if (sys_statx(AT_FDCWD, look.place.text, (int)here, (unsigned)notice->args[3], &stx) < 0)
		return answer_perform();
	stx.stx_uid = look.owner.uid;
	stx.stx_gid = look.owner.gid;
	stx.stx_mode = (uint16_t)shown_mode(&look, stx.stx_mode);
	if (look.owner.node != 0) {
		stx.stx_rdev_major = look.owner.major;
		stx.stx_rdev_minor = look.owner.minor;
	}
	if (!ownership_in_xattr(look.st.st_mode))
		stx.stx_atime = stx.stx_mtime;
	return answer_value(notice_write(notice, notice->args[4], &stx, sizeof(stx)));
}

static const struct call CALLS[] = {
#if defined(__x86_64__)
	{ { __NR_stat, TRAP_ALWAYS, 0, 0 }, handle_stat },
	{ { __NR_lstat, TRAP_ALWAYS, 0, 0 }, handle_lstat },
#endif
	{ { __NR_fstat, TRAP_ALWAYS, 0, 0 }, handle_fstat },
	{ { __NR_newfstatat, TRAP_ALWAYS, 0, 0 }, handle_fstatat },
	{ { __NR_statx, TRAP_ALWAYS, 0, 0 }, handle_statx },
};

const struct call_table CALLS_STAT = { CALLS, lengthof(CALLS) };
