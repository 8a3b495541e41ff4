/* What a process in a changed root (rung "chroot") may know of itself, where no /proc is mounted:
 * its program, memory map, descriptors and the like, under the names that have them elsewhere
 * (/proc/self, /dev/fd, /dev/stdin); and the devices that everybody has, where the container lets
 * none be made and plain files stand in /dev. Part of the supervisor, whose working folder is the
 * container's /proc.
 * Threat: /proc leads everywhere (`..`, /proc/PID/root, a folder that is held open). So there is a
 * list of names, none of them a folder; they are those of the caller, and of no other process; and
 * what is opened is opened as the caller (borrow.h). */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "borrow.h"
#include "dev.h"
#include "supervisor.h"
#include "sys.h"

#define MOST_LINKS 4

/* What an opened descriptor keeps of the flags that were asked for. */
#define KEPT (O_ACCMODE | O_APPEND | O_TRUNC | O_DSYNC | O_SYNC | O_LARGEFILE)

enum own_kind { OWN_FILE, OWN_LINK, OWN_DESCRIPTOR, OWN_DEVICE };

struct own {
	enum own_kind kind;
	char text[64]; /* its name below /proc */
};

static const char *const FILES[] = {
	"auxv",	     "cgroup",	     "cmdline", "comm",	     "coredump_filter",
	"environ",   "io",	     "limits",	"maps",	     "mountinfo",
	"mounts",    "oom_adj",	     "smaps",	"oom_score", "oom_score_adj",
	"schedstat", "smaps_rollup", "stat",	"statm",     "status",
};

static const char *const LINKS[] = { "cwd", "exe", "root" };

static bool is_among(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static bool is_descriptor(const char *name)
{
	const size_t digits = strspn(name, "0123456789");
	return digits > 0 && digits < 10 && name[digits] == '\0';
}

/* The rest of `path` behind the name of the caller's folder in /proc; NULL where it is not there.
 */
static const char *below_self(const struct notice *notice, const char *path)
{
	static const char proc[] = "/proc/";
	char number[16];
	const char *names[] = { "self/", "thread-self/", number };
	snprintf(number, sizeof(number), "%d/", (int)notice->tid);
	if (strncmp(path, proc, sizeof(proc) - 1) != 0)
		return NULL;
	path += sizeof(proc) - 1;
	for (size_t i = 0; i < lengthof(names); i++)
		if (strncmp(path, names[i], strlen(names[i])) == 0)
			return path + strlen(names[i]);
	return NULL;
}

/* A device of the container's, where a plain file stands for it. */
static bool is_device(const char *path, struct own *own)
{
	static const char dev[] = "/dev/";
	struct stat st;
	if (strncmp(path, dev, sizeof(dev) - 1) != 0 || !dev_is_plain(path + sizeof(dev) - 1) ||
	    fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	own->kind = OWN_DEVICE;
	snprintf(own->text, sizeof(own->text), "..%.16s", path);
	/* Not what a container has bound there. */
	return fstatat(AT_FDCWD, own->text, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode);
}

/* Fills `own` where the path is one of the list. Links of /dev lead there (`follow`). */
static bool is_own(const struct notice *notice, const char *path, bool follow, struct own *own)
{
	static const struct {
		const char *path, *name;
	} streams[] = { { "/dev/stdin", "fd/0" },
			{ "/dev/stdout", "fd/1" },
			{ "/dev/stderr", "fd/2" } };
	char descriptor[16];
	const char *name = below_self(notice, path);
	if (is_device(path, own))
		return true;
	for (size_t i = 0; i < lengthof(streams) && follow; i++)
		if (strcmp(path, streams[i].path) == 0)
			name = streams[i].name;
	if (strncmp(path, "/dev/fd/", 8) == 0 && is_descriptor(path + 8)) {
		snprintf(descriptor, sizeof(descriptor), "fd/%s", path + 8);
		name = descriptor;
	}
	if (name == NULL)
		return false;
	if (strncmp(name, "fd/", 3) == 0 && is_descriptor(name + 3))
		own->kind = OWN_DESCRIPTOR;
	else if (is_among(name, LINKS, lengthof(LINKS)))
		own->kind = OWN_LINK;
	else if (is_among(name, FILES, lengthof(FILES)))
		own->kind = OWN_FILE;
	else
		return false;
	/* Those of the step, which are made up (kernel_copies.c). */
	if (strncmp(name, "mount", 5) == 0)
		snprintf(own->text, sizeof(own->text), "/proc/%s", name);
	else
		snprintf(own->text, sizeof(own->text), "%d/%s", (int)notice->tid, name);
	return true;
}

/* The same for links that lead there by their whole target: a log of an image is often one to
 * /dev/stdout. */
static bool leads_to_own(const struct notice *notice, int dirfd, const char *path, struct own *own)
{
	char target[PATH_MAX];
	for (int links = 0; links < MOST_LINKS; links++) {
		struct located place cleanup_located = { .held = -1 };
		if (is_own(notice, path, true, own))
			return true;
		if (strncmp(path, "/proc", 5) == 0 ||
		    notice_locate(notice, dirfd, path, false, &place) < 0)
			return false;
		const ssize_t length = readlink(place.text, target, sizeof(target) - 1);
		if (length <= 0 || target[0] != '/')
			return false;
		target[length] = '\0';
		path = target;
	}
	return false;
}

/* What the path at `address` means, if that is something of the caller's own. */
static bool find(const struct notice *notice, int dirfd, uint64_t address, bool follow,
		 struct own *own)
{
	char path[PATH_MAX];
	if (notice_read_path(notice, address, path) <= 0)
		return false;
	return follow ? leads_to_own(notice, dirfd, path, own) : is_own(notice, path, false, own);
}

/* Never waits, as for the other end of a FIFO: everybody would wait for us. */
static struct answer open_own(const struct notice *notice, const struct own *own, uint64_t flags)
{
	const int wanted = (int)flags & O_NONBLOCK;
	const int rc = borrow_begin(notice->tid);
	if (rc < 0)
		return answer_value(rc);
	cleanup_close int fd =
		open(own->text, ((int)flags & KEPT) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const int failure = errno;
	borrow_end();
	if (fd < 0)
		return answer_value(-failure);
	if (!notice_stands(notice))
		return answer_value(-ESRCH);
	const int status = fcntl(fd, F_GETFL);
	if (status < 0 || fcntl(fd, F_SETFL, (status & ~O_NONBLOCK) | wanted) < 0)
		return answer_value(-errno);
	return notice_give(notice, fd, (flags & O_CLOEXEC) != 0);
}

static struct answer open_at(const struct notice *notice, int dirfd, uint64_t path, uint64_t flags)
{
	struct own own;
	const bool follow = (flags & O_NOFOLLOW) == 0;
	if ((flags & (O_PATH | O_DIRECTORY)) != 0 || !find(notice, dirfd, path, follow, &own))
		return answer_perform();
	/* A folder is held open by nobody, nor is what is written to believed. */
	const bool is_refused = own.kind == OWN_FILE
					? (flags & (O_ACCMODE | O_TRUNC)) != O_RDONLY
					: own.kind == OWN_LINK && strstr(own.text, "/exe") == NULL;
	const bool is_link = own.kind == OWN_LINK || own.kind == OWN_DESCRIPTOR;
	return is_refused || (is_link && !follow) ? answer_value(-EACCES)
						  : open_own(notice, &own, flags);
}

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor __attribute__((unused)),           \
				  const struct notice *notice)

HANDLER(handle_openat)
{
	return open_at(notice, (int)notice->args[0], notice->args[1], notice->args[2]);
}

HANDLER(handle_openat2)
{
	struct open_how how;
	if (notice->args[3] < sizeof(how) ||
	    notice_read(notice, notice->args[2], &how, sizeof(how)) < 0 || how.resolve != 0)
		return answer_perform();
	return open_at(notice, (int)notice->args[0], notice->args[1], how.flags);
}

static struct answer read_link(const struct notice *notice, size_t arg)
{
	struct own own;
	char target[PATH_MAX];
	const uint64_t room = (uint32_t)notice->args[arg + 2];
	if (!find(notice, AT_FDCWD, notice->args[arg], false, &own) || own.kind == OWN_FILE ||
	    own.kind == OWN_DEVICE || room == 0)
		return answer_perform();
	int rc = borrow_begin(notice->tid);
	if (rc < 0)
		return answer_value(rc);
	ssize_t length = readlink(own.text, target, sizeof(target));
	rc = length < 0 ? -errno : 0;
	borrow_end();
	if (rc < 0 || !notice_stands(notice))
		return answer_value(rc < 0 ? rc : -ESRCH);
	if ((uint64_t)length > room)
		length = (ssize_t)room;
	rc = notice_write(notice, notice->args[arg + 1], target, (size_t)length);
	return answer_value(rc < 0 ? rc : length);
}

HANDLER(handle_readlinkat)
{
	return read_link(notice, 1);
}

/* `flags` of the call; the answer goes to `to`. */
static struct answer show(const struct notice *notice, int dirfd, uint64_t path, unsigned flags,
			  uint64_t to)
{
	struct own own;
	struct stat st;
	if (!find(notice, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &own))
		return answer_perform();
	int rc = borrow_begin(notice->tid);
	if (rc == 0 && fstatat(AT_FDCWD, own.text, &st, (int)flags & AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	borrow_end();
	if (rc == 0 && !notice_stands(notice))
		rc = -ESRCH;
	return answer_value(rc < 0 || to == 0 ? rc : notice_write(notice, to, &st, sizeof(st)));
}

HANDLER(handle_fstatat)
{
	return show(notice, (int)notice->args[0], notice->args[1], (unsigned)notice->args[3],
		    notice->args[2]);
}

HANDLER(handle_statx)
{
	struct own own;
	struct statx stx;
	const unsigned flags = (unsigned)notice->args[2];
	if (!find(notice, (int)notice->args[0], notice->args[1], (flags & AT_SYMLINK_NOFOLLOW) == 0,
		  &own))
		return answer_perform();
	memset(&stx, 0, sizeof(stx));
	int rc = borrow_begin(notice->tid);
	if (rc == 0 &&
	    sys_statx(AT_FDCWD, own.text, (int)flags, (unsigned)notice->args[3], &stx) < 0)
		rc = -errno;
	borrow_end();
	if (rc == 0 && !notice_stands(notice))
		rc = -ESRCH;
	return answer_value(rc < 0 ? rc : notice_write(notice, notice->args[4], &stx, sizeof(stx)));
}

/* That it is there: what may be done with it shows when it is done. */
HANDLER(handle_faccessat)
{
	return show(notice, (int)notice->args[0], notice->args[1], 0, 0);
}

HANDLER(handle_faccessat2)
{
	return show(notice, (int)notice->args[0], notice->args[1], (unsigned)notice->args[3], 0);
}

#if defined(__x86_64__)
HANDLER(handle_open)
{
	return open_at(notice, AT_FDCWD, notice->args[0], notice->args[1]);
}

HANDLER(handle_creat)
{
	return open_at(notice, AT_FDCWD, notice->args[0], O_CREAT | O_WRONLY | O_TRUNC);
}

HANDLER(handle_readlink)
{
	return read_link(notice, 0);
}

HANDLER(handle_stat)
{
	return show(notice, AT_FDCWD, notice->args[0], 0, notice->args[1]);
}

HANDLER(handle_lstat)
{
	return show(notice, AT_FDCWD, notice->args[0], AT_SYMLINK_NOFOLLOW, notice->args[1]);
}

HANDLER(handle_access)
{
	return show(notice, AT_FDCWD, notice->args[0], 0, 0);
}
#endif

static const struct call CALLS[] = {
	{ { __NR_openat, TRAP_ALWAYS, 0, 0 }, handle_openat },
	{ { __NR_openat2, TRAP_ALWAYS, 0, 0 }, handle_openat2 },
	{ { __NR_readlinkat, TRAP_ALWAYS, 0, 0 }, handle_readlinkat },
	{ { __NR_newfstatat, TRAP_ALWAYS, 0, 0 }, handle_fstatat },
	{ { __NR_statx, TRAP_ALWAYS, 0, 0 }, handle_statx },
	{ { __NR_faccessat, TRAP_ALWAYS, 0, 0 }, handle_faccessat },
	{ { __NR_faccessat2, TRAP_ALWAYS, 0, 0 }, handle_faccessat2 },
#if defined(__x86_64__)
	{ { __NR_open, TRAP_ALWAYS, 0, 0 }, handle_open },
	{ { __NR_creat, TRAP_ALWAYS, 0, 0 }, handle_creat },
	{ { __NR_readlink, TRAP_ALWAYS, 0, 0 }, handle_readlink },
	{ { __NR_stat, TRAP_ALWAYS, 0, 0 }, handle_stat },
	{ { __NR_lstat, TRAP_ALWAYS, 0, 0 }, handle_lstat },
	{ { __NR_access, TRAP_ALWAYS, 0, 0 }, handle_access },
#endif
};

const struct call_table CALLS_SELF = { CALLS, lengthof(CALLS) };
