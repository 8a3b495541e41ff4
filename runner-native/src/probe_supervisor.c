/* Implementation of probe_supervisor.h. */
#include "probe_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "ownership.h"
#include "path.h"
#include "sys.h"

/* Reads a child's memory as the supervisor does: Yama's ptrace_scope 3 forbids even that. */
static int try_memory(struct err *err)
{
	char here = 0;
	char there = '!';
	const struct iovec local = { &here, 1 };
	const struct iovec remote = { &there, 1 };
	pid_t pid = fork();
	if (pid < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process");
	if (pid == 0) {
		for (;;)
			pause();
	}
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	int number = errno;
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	if (n == 1 && here == there)
		return 0;
	return fail_step(err, STEP_SUPERVISOR, n < 0 ? number : EIO,
			 "cannot read the memory of a process of one's own");
}

/* Records the owner of a link, which stands in its access time. */
static int try_link(int dir, const char *name, struct err *err)
{
	struct stat st;
	struct ownership read;
	const struct ownership owner = { .uid = OWNERSHIP_ID_LIMIT - 1,
					 .gid = OWNERSHIP_ID_LIMIT - 1 };
	int rc = symlinkat("x", dir, name) < 0 ? -errno : 0;
	if (rc == 0)
		rc = ownership_record_time(dir, name, AT_SYMLINK_NOFOLLOW,
					   (struct timespec){ .tv_sec = 1 }, &owner);
	if (rc == 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	if (rc == 0 && (!ownership_from_time(st.st_atim, &read) || read.uid != owner.uid ||
			read.gid != owner.gid))
		rc = -EOVERFLOW;
	(void)unlinkat(dir, name, 0);
	return rc < 0 ? fail_step(err, STEP_SUPERVISOR, -rc,
				  "the store's file system keeps no times after the year 2106")
		      : 0;
}

int probe_supervisor(const char *dir, struct err *err)
{
	const uint32_t action = SECCOMP_RET_USER_NOTIF;
	char name[32];
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return fail_step(err, STEP_SUPERVISOR, errno,
				 "this kernel has no seccomp user notification");
	int rc = try_memory(err);
	if (rc < 0)
		return rc;
	cleanup_close int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open %s", dir);
	snprintf(name, sizeof(name), "probe-link-%d", (int)getpid());
	return try_link(fd, name, err);
}
