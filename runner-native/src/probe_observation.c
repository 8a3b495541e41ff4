/* Implementation of probe_observation.h. */
#include "probe_observation.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "listener.h"
#include "sys.h"

/* In a process of its own, which keeps the filter: 0, or the errno by which there is no listener.
 */
static int try_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { 1, &allow };
	int status;
	const pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0
			      ? errno
			      : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
	return listener_can_be_taken() ? 0 : EPERM;
}

static int try_ptrace(void)
{
	const pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		return errno;
	const int number = ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESECCOMP) < 0 ? errno : 0;
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return number;
}

void probe_observation(struct json *json)
{
	const int listener = try_listener();
	const int tracer = listener == 0 ? 0 : try_ptrace();
	json_object(json, "observation");
	json_string(json, "way", listener == 0 ? "notice" : tracer == 0 ? "ptrace" : NULL);
	json_string(json, "listener", listener == 0 ? NULL : errno_name(listener));
	json_string(json, "ptrace", tracer == 0 ? NULL : errno_name(tracer));
	json_close(json);
}
