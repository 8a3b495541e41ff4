/* Programs that are started, roots that are changed, and the limit that holds a process's identity.
 * Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "ownership.h"
#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor __attribute__((unused)),           \
				  const struct notice *notice __attribute__((unused)))

/* The effective ids are saved, and those of a setuid or setgid program are taken on first. */
static void identity_after(struct cred *cred, const struct stat *st, const struct ownership *owner)
{
	if ((st->st_mode & S_ISUID) != 0)
		cred->euid = owner->uid;
	if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		cred->egid = owner->gid;
	cred->keeps_caps = cred->kept_caps = 0;
	cred->suid = cred->fsuid = cred->euid;
	cred->sgid = cred->fsgid = cred->egid;
}

/* A script is started by its interpreter, whose bits count. Only a regular file is opened. */
static bool is_script(int fd)
{
	char start[2];
	cleanup_close int file =
		open(notice_fd_path(fd).text, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return file >= 0 && read(file, start, sizeof(start)) == (ssize_t)sizeof(start) &&
	       start[0] == '#' && start[1] == '!';
}

/* Takes the new identity on before the kernel has performed the call: one that then fails for a
 * reason of its own (E2BIG) leaves it to the caller. */
static struct answer start_program(struct supervisor *supervisor, const struct notice *notice,
				   int dirfd, size_t arg, unsigned flags)
{
	char path[PATH_MAX];
	struct stat st;
	struct ownership owner;
	struct located place cleanup_located = { .held = -1 };
	struct creds *creds = &supervisor->creds;
	const struct cred before = creds_of(creds, notice->tid);
	struct cred cred = before;
	const bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	int length = notice_read_path(notice, notice->args[arg], path);
	if (length < 0 || (length == 0 && (flags & AT_EMPTY_PATH) == 0) ||
	    notice_locate(notice, dirfd, path, follow, &place) < 0)
		return answer_perform();
	cleanup_close int fd = notice_open(notice, &place, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return answer_perform();
	(void)ownership_of_path(notice_fd_path(fd).text, true, &st, &owner);
	if ((st.st_mode & (S_ISUID | S_ISGID)) != 0 && is_script(fd))
		st.st_mode &= (mode_t) ~(S_ISUID | S_ISGID);
	identity_after(&cred, &st, &owner);
	if (memcmp(&cred, &before, sizeof(cred)) != 0)
		(void)creds_become(creds, notice->tid, &cred, creds_groups(creds, &cred));
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
	supervisor->changed_roots = true;
	return answer_perform();
}

/* RLIMIT_RSS is ours (creds.h): it seems to be unlimited, and setting it has no effect. */
static struct answer show_unlimited(const struct notice *notice, uint64_t address)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	return answer_value(address == 0 ? 0 : notice_write(notice, address, &none, sizeof(none)));
}

HANDLER(handle_getrlimit)
{
	return show_unlimited(notice, notice->args[1]);
}

HANDLER(handle_setrlimit)
{
	return answer_value(0);
}

HANDLER(handle_prlimit64)
{
	return show_unlimited(notice, notice->args[3]);
}

static const struct call CALLS[] = {
	{ { __NR_execve, TRAP_ALWAYS, 0, 0 }, handle_execve },
	{ { __NR_execveat, TRAP_ALWAYS, 0, 0 }, handle_execveat },
	{ { __NR_chroot, TRAP_ALWAYS, 0, 0 }, handle_chroot },
	{ { __NR_getrlimit, TRAP_IF_EQUAL, 0, RLIMIT_RSS }, handle_getrlimit },
	{ { __NR_setrlimit, TRAP_IF_EQUAL, 0, RLIMIT_RSS }, handle_setrlimit },
	{ { __NR_prlimit64, TRAP_IF_EQUAL, 1, RLIMIT_RSS }, handle_prlimit64 },
};

const struct call_table CALLS_PROCESS = { CALLS, lengthof(CALLS) };
