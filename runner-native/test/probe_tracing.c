/* Verbs of the probe for what a tracer may not disturb, and for a listener that is there already.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* traces: what a program says that wants to trace another one. */
static int verb_traces(char **args)
{
	(void)args;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? failed() : 0;
}

/* stops PATH: a child is stopped and goes on, as its parent sees it. */
static int verb_stops(char **args)
{
	int status;
	const pid_t child = fork();
	if (child == 0) {
		raise(SIGSTOP);
		_exit(open(args[0], O_RDONLY) < 0 ? 1 : 7);
	}
	if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
		return failed();
	printf("stopped by %d", WSTOPSIG(status));
	kill(child, SIGCONT);
	if (waitpid(child, &status, WCONTINUED) != child || !WIFCONTINUED(status))
		return failed();
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return failed();
	printf(", went on, ended with %d\n", WEXITSTATUS(status));
	return 0;
}

static void *execute(void *args)
{
	char **words = args;
	execv(words[0], words);
	return NULL;
}

/* thread-exec PROGRAM ...: by a thread that is not the first one. */
static int verb_thread_exec(char **args)
{
	pthread_t thread;
	fflush(stdout);
	return pthread_create(&thread, NULL, execute, args) != 0 || pthread_join(thread, NULL) != 0
		       ? failed()
		       : 0;
}

/* clone FLAGS: a child of that kind (hexadecimal), and what became of it. */
static int verb_clone(char **args)
{
	int status = 0;
	const unsigned long flags = strtoul(args[0], NULL, 16);
	fflush(stdout);
	const long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (child == 0)
		_exit(open("/", O_RDONLY) < 0 ? errno : 0);
	if (child < 0 || waitpid((pid_t)child, &status, __WALL) < 0)
		return failed();
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

/* Lets every call pass that is shown to it, until nobody has the filter any more. */
static void let_pass(int listener)
{
	struct pollfd polled = { .fd = listener, .events = POLLIN };
	while (poll(&polled, 1, -1) == 1 && (polled.revents & POLLHUP) == 0) {
		struct seccomp_notif call;
		struct seccomp_notif_resp answer;
		memset(&call, 0, sizeof(call));
		memset(&answer, 0, sizeof(answer));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue;
		answer.id = call.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* In a process that nobody waits for. It shares our descriptors until we execute, and has no
 * filter. */
static void start_listening(int number)
{
	int listener;
	const unsigned long flags = CLONE_FILES | SIGCHLD;
	const long between = syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (between == 0 && syscall(SYS_clone, flags, 0, 0, 0, 0) == 0) {
		if (read(number, &listener, sizeof(listener)) == (ssize_t)sizeof(listener))
			let_pass(listener);
	}
	if (between == 0)
		_exit(0);
	(void)waitpid((pid_t)between, NULL, 0);
}

/* rival NUMBER PROGRAM ...: PROGRAM, whose calls of that number are shown to a listener first, as
 * in a container that imitates some of them. */
static int verb_rival(char **args)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)atoi(args[0]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, code };
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return failed();
	start_listening(ends[0]);
	const int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
					  SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0 || write(ends[1], &listener, sizeof(listener)) < 0)
		return failed();
	execv(args[1], args + 1);
	return failed();
}

const struct verb VERBS_OF_TRACING[] = {
	{ "traces", 0, verb_traces },
	{ "stops", 1, verb_stops },
	{ "thread-exec", 1, verb_thread_exec },
	{ "clone", 1, verb_clone },
	{ "rival", 2, verb_rival },
	{ NULL, 0, NULL },
};
