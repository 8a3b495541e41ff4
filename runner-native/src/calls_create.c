/* mkdir, mknod and symlink: what the caller believes to own, or what takes its group from its
 * folder, is made here and its owner recorded; so are the stand-ins of devices. Everything else is
 * left to the kernel. Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "creation.h"

static struct answer made(int rc, const struct creation *creation)
{
	if (rc < 0)
		return answer_value(-errno);
	return answer_value(creation_record(creation));
}

static struct answer make_folder(struct supervisor *supervisor, const struct notice *notice,
				 int dirfd, size_t arg)
{
	char path[PATH_MAX];
	struct creation creation cleanup_creation = { .folder = -1 };
	if (notice_read_path(notice, notice->args[arg], path) < 0)
		return answer_perform();
	creation_strip_slashes(path);
	int rc = creation_begin(supervisor, notice, dirfd, path, &creation);
	if (rc < 0)
		return answer_value(rc);
	if (rc > 0 || !creation_is_recorded(&creation))
		return answer_perform();
	mode_t mode = creation_mode(notice, (mode_t)notice->args[arg + 1] & 01777);
	return made(mkdirat(creation.folder, creation.name, mode), &creation);
}

/* An empty file that says which device it stands for. */
static int make_stand_in(struct creation *creation, mode_t mode, uint64_t device)
{
	creation->owner.node = mode & S_IFMT;
	creation->owner.major = major((uint32_t)device);
	creation->owner.minor = minor((uint32_t)device);
	int fd = openat(creation->folder, creation->name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 07777);
	return fd < 0 ? -1 : close(fd);
}

static struct answer make_node(struct supervisor *supervisor, const struct notice *notice,
			       int dirfd, size_t arg)
{
	char path[PATH_MAX];
	struct creation creation cleanup_creation = { .folder = -1 };
	const mode_t asked = (mode_t)notice->args[arg + 1];
	const uint64_t device = notice->args[arg + 2];
	if (notice_read_path(notice, notice->args[arg], path) < 0)
		return answer_perform();
	int rc = creation_begin(supervisor, notice, dirfd, path, &creation);
	if (rc < 0)
		return answer_value(rc);
	const bool is_device = S_ISCHR(asked) || S_ISBLK(asked);
	if (rc > 0 || (!is_device && !creation_is_recorded(&creation)))
		return answer_perform();
	/* 0:0 is overlayfs's own sign of a removal: it makes none either. */
	if (is_device && (creation.cred.euid != 0 || (S_ISCHR(asked) && (uint32_t)device == 0)))
		return answer_value(-EPERM);
	const mode_t mode = creation_mode(notice, asked);
	if (is_device)
		return made(make_stand_in(&creation, mode, device), &creation);
	return made(mknodat(creation.folder, creation.name, mode, 0), &creation);
}

static struct answer make_link(struct supervisor *supervisor, const struct notice *notice,
			       int dirfd, size_t arg)
{
	char target[PATH_MAX];
	char path[PATH_MAX];
	struct creation creation cleanup_creation = { .folder = -1 };
	if (notice_read_path(notice, notice->args[0], target) <= 0 ||
	    notice_read_path(notice, notice->args[arg], path) < 0)
		return answer_perform();
	int rc = creation_begin(supervisor, notice, dirfd, path, &creation);
	if (rc < 0)
		return answer_value(rc);
	if (rc > 0 || !creation_is_recorded(&creation))
		return answer_perform();
	return made(symlinkat(target, creation.folder, creation.name), &creation);
}

#define HANDLER(name, perform, dirfd, arg)                                                         \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)      \
	{                                                                                          \
		return perform(supervisor, notice, dirfd, arg);                                    \
	}

HANDLER(handle_mkdirat, make_folder, (int)notice->args[0], 1)
HANDLER(handle_mknodat, make_node, (int)notice->args[0], 1)
HANDLER(handle_symlinkat, make_link, (int)notice->args[1], 2)
#if defined(__x86_64__)
HANDLER(handle_mkdir, make_folder, AT_FDCWD, 0)
HANDLER(handle_mknod, make_node, AT_FDCWD, 0)
HANDLER(handle_symlink, make_link, AT_FDCWD, 1)
#endif

static const struct call CALLS[] = {
	{ { __NR_mkdirat, TRAP_ALWAYS, 0, 0 }, handle_mkdirat },
	{ { __NR_mknodat, TRAP_ALWAYS, 0, 0 }, handle_mknodat },
	{ { __NR_symlinkat, TRAP_ALWAYS, 0, 0 }, handle_symlinkat },
#if defined(__x86_64__)
	{ { __NR_mkdir, TRAP_ALWAYS, 0, 0 }, handle_mkdir },
	{ { __NR_mknod, TRAP_ALWAYS, 0, 0 }, handle_mknod },
	{ { __NR_symlink, TRAP_ALWAYS, 0, 0 }, handle_symlink },
#endif
};

const struct call_table CALLS_CREATE = { CALLS, lengthof(CALLS) };
