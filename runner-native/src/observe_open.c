/* open and its family, truncate, and listings: whether a file's content matters, its names, or only
 * that it is there. Part of the supervisor. */
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

static unsigned uses_of(uint64_t flags)
{
	const bool writes = (flags & O_ACCMODE) != O_RDONLY;
	unsigned uses = LOOK_CONTENT;
	if ((flags & O_PATH) != 0)
		uses = LOOK_STAT;
	else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return LOOK_EXISTS | LOOK_CHANGES;
	else if ((flags & (O_TRUNC | TMPFILE_BIT)) != 0)
		uses = LOOK_EXISTS | LOOK_CHANGES;
	else if (writes || (flags & O_CREAT) != 0)
		uses |= LOOK_CHANGES;
	return uses | ((flags & O_NOFOLLOW) != 0 ? 0 : LOOK_FOLLOWED);
}

static struct answer open_at(struct supervisor *supervisor, const struct notice *notice, int dirfd,
			     size_t arg, uint64_t flags)
{
	char path[PATH_MAX];
	if (observer_read_path(supervisor->observer, notice, notice->args[arg], path))
		observer_look(supervisor->observer, notice, dirfd, path, uses_of(flags));
	return answer_perform();
}

HANDLER(handle_openat)
{
	return open_at(supervisor, notice, (int)notice->args[0], 1, (uint32_t)notice->args[2]);
}

/* With RESOLVE_IN_ROOT the folder is the root of the path; the other ways to confine a path only
 * make some of them fail. */
HANDLER(handle_openat2)
{
	char path[PATH_MAX];
	struct open_how how;
	const int dirfd = (int)notice->args[0];
	if (notice->args[3] < sizeof(how) ||
	    !observer_read(supervisor->observer, notice, notice->args[2], &how, sizeof(how)))
		return answer_perform();
	if ((how.resolve & RESOLVE_IN_ROOT) == 0)
		return open_at(supervisor, notice, dirfd, 1, how.flags);
	if (observer_read_path(supervisor->observer, notice, notice->args[1], path))
		observer_look_inside(supervisor->observer, notice, dirfd, path, uses_of(how.flags));
	return answer_perform();
}

HANDLER(handle_truncate)
{
	return open_at(supervisor, notice, AT_FDCWD, 0,
		       notice->args[1] == 0 ? O_WRONLY | O_TRUNC : O_WRONLY);
}

HANDLER(handle_getdents)
{
	observer_look_at_open(supervisor->observer, notice, (int)notice->args[0], LOOK_NAMES);
	return answer_perform();
}

#if defined(__x86_64__)
HANDLER(handle_open)
{
	return open_at(supervisor, notice, AT_FDCWD, 0, (uint32_t)notice->args[1]);
}

HANDLER(handle_creat)
{
	return open_at(supervisor, notice, AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC);
}
#endif

static const struct call CALLS[] = {
	{ { __NR_openat, TRAP_ALWAYS, 0, 0 }, handle_openat },
	{ { __NR_openat2, TRAP_ALWAYS, 0, 0 }, handle_openat2 },
	{ { __NR_truncate, TRAP_ALWAYS, 0, 0 }, handle_truncate },
	{ { __NR_getdents64, TRAP_ALWAYS, 0, 0 }, handle_getdents },
#if defined(__x86_64__)
	{ { __NR_open, TRAP_ALWAYS, 0, 0 }, handle_open },
	{ { __NR_creat, TRAP_ALWAYS, 0, 0 }, handle_creat },
	{ { __NR_getdents, TRAP_ALWAYS, 0, 0 }, handle_getdents },
#endif
};

const struct call_table OBSERVE_OPEN = { CALLS, lengthof(CALLS) };
