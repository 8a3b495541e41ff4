/* Programs that are started, with everything that the kernel opens for them by itself (programs.h),
 * and roots that are changed. Part of the supervisor. */
#include <asm/unistd.h>
#include <fcntl.h>

#include "programs.h"
#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

static struct answer start_program(struct supervisor *supervisor, const struct notice *notice,
				   int dirfd, size_t arg, unsigned flags)
{
	char path[PATH_MAX];
	struct observer *observer = supervisor->observer;
	const bool follows = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	observer->selves = 0;
	if (observer_read_path(observer, notice, notice->args[arg], path))
		observer_look(observer, notice, dirfd, path,
			      LOOK_PROGRAM | LOOK_CONTENT | (follows ? LOOK_FOLLOWED : 0));
	else if (!observer_is_on(observer) || (flags & AT_EMPTY_PATH) == 0)
		return answer_perform();
	else
		path[0] = '\0';
	programs_look(observer, notice, dirfd, path, follows);
	return answer_perform();
}

HANDLER(handle_execve)
{
	return start_program(supervisor, notice, AT_FDCWD, 0, 0);
}

HANDLER(handle_execveat)
{
	return start_program(supervisor, notice, (int)notice->args[0], 1,
			     (unsigned)notice->args[4]);
}

HANDLER(handle_chroot)
{
	char path[PATH_MAX];
	supervisor->changed_roots = true;
	if (observer_read_path(supervisor->observer, notice, notice->args[0], path))
		observer_look(supervisor->observer, notice, AT_FDCWD, path,
			      LOOK_EXISTS | LOOK_FOLLOWED);
	return answer_perform();
}

static const struct call CALLS[] = {
	{ { __NR_execve, TRAP_ALWAYS, 0, 0 }, handle_execve },
	{ { __NR_execveat, TRAP_ALWAYS, 0, 0 }, handle_execveat },
	{ { __NR_chroot, TRAP_ALWAYS, 0, 0 }, handle_chroot },
};

const struct call_table OBSERVE_PROGRAMS = { CALLS, lengthof(CALLS) };
