/* Implementation of run.h. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "descendants.h"
#include "events.h"
#include "handover.h"
#include "init.h"
#include "limits.h"
#include "ns.h"
#include "relay.h"
#include "terminal.h"

#define GRACE_MS 300

struct supervision {
	pid_t init;
	int signals;
	sigset_t signals_before;
	int status; /* of pid 1 */
	struct rusage usage;
	bool ended;
	bool stopping;
	bool chroot;	 /* no pid namespace ends with the step's first process */
	int64_t kill_at; /* ms of the monotonic clock, when stopping */
	struct relay out, err;
	struct terminal terminal;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* From here on these signals are read from a descriptor; pid 1 inherits the mask. */
static int take_signals(sigset_t *before, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, before);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? fail(err, "E_SANDBOX", errno, "cannot take signals") : fd;
}

/* Ends the step at once. Where nothing would end with its first process, that one does it. */
static void end_step(const struct supervision *step)
{
	kill(step->init, step->chroot ? SIGUSR1 : SIGKILL);
}

static void handle_signals(struct supervision *step)
{
	struct signalfd_siginfo info;
	while (read(step->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			terminal_resize(&step->terminal);
		if (info.ssi_signo == SIGCHLD || info.ssi_signo == SIGWINCH)
			continue;
		/* The second one does not wait for the step's good will. */
		if (step->stopping)
			end_step(step);
		else
			kill(step->init, SIGTERM);
		if (!step->stopping)
			step->kill_at = now_ms() + GRACE_MS;
		step->stopping = true;
	}
	if (!step->ended)
		step->ended = wait4(step->init, &step->status, WNOHANG, &step->usage) == step->init;
	/* A step that is root may have killed its first process, whose children are ours then. */
	if (step->ended && step->chroot)
		descendants_end();
}

/* Until pid 1 has ended and all of its output is handed on. */
static void supervise(struct supervision *step)
{
	while (!step->ended || step->out.from >= 0 || step->err.from >= 0 ||
	       step->terminal.master >= 0) {
		struct pollfd polled[3 + TERMINAL_POLLED] = {
			{ .fd = step->signals, .events = POLLIN },
			relay_wants(&step->out),
			relay_wants(&step->err),
		};
		terminal_wants(&step->terminal, polled + 3);
		int timeout = -1;
		if (step->stopping && !step->ended) {
			int64_t left = step->kill_at - now_ms();
			if (left <= 0)
				end_step(step);
			timeout = left <= 0 ? GRACE_MS : (int)left;
		}
		if (poll(polled, lengthof(polled), timeout) < 0 && errno != EINTR)
			return;
		if (polled[1].revents != 0)
			relay_move(&step->out);
		if (polled[2].revents != 0)
			relay_move(&step->err);
		terminal_move(&step->terminal, polled + 3);
		if (polled[0].revents != 0)
			handle_signals(step);
	}
}

static const char *signal_name(int number)
{
	static char other[16];
	static const char *const names[] = {
		[SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
		[SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
		[SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
		[SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
		[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
		[SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ", [SIGSYS] = "SIGSYS",
	};
	if ((size_t)number < lengthof(names) && names[number] != NULL)
		return names[number];
	snprintf(other, sizeof(other), "SIG%d", number);
	return other;
}

static int64_t microseconds(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void report_exit(const struct supervision *step, int code, int signal_number)
{
	struct json json;
	json_begin(&json, "exit");
	json_number(&json, "code", code);
	json_string(&json, "signal", signal_number == 0 ? NULL : signal_name(signal_number));
	json_number(&json, "utime_us", microseconds(step->usage.ru_utime));
	json_number(&json, "stime_us", microseconds(step->usage.ru_stime));
	json_number(&json, "maxrss_kb", step->usage.ru_maxrss);
	/* In blocks of 512 bytes, whatever the file system has. */
	json_number(&json, "written_bytes", (int64_t)step->usage.ru_oublock * 512);
	json_number(&json, "stdout_bytes", (int64_t)step->out.total);
	json_number(&json, "stderr_bytes", (int64_t)step->err.total);
	(void)json_send(&json, EVENT_FD);
}

/* What pid 1 left behind: an outcome; else an error that it reported itself; else it was killed, by
 * us or by the machine (out of memory), and the command with it. */
static int conclude(const struct supervision *step, int outcome_fd)
{
	struct outcome outcome;
	int got = read_exact(outcome_fd, &outcome, sizeof(outcome));
	if (got != 1 && WIFEXITED(step->status))
		return 1;
	if (got != 1) {
		int number = WTERMSIG(step->status);
		report_exit(step, 128 + number, number);
	} else if (!outcome.executed) {
		report_exit(step, outcome.code, 0);
	} else if (WIFSIGNALED(outcome.wait_status)) {
		int number = WTERMSIG(outcome.wait_status);
		report_exit(step, 128 + number, number);
	} else {
		report_exit(step, WEXITSTATUS(outcome.wait_status), 0);
	}
	return 0;
}

/* Joins the terminal that pid 1 sends on `socket` to the user's. Where pid 1 fails before, it says
 * why itself; where we do, it dies with its lifeline. */
static int join_terminal(struct supervision *step, int socket, struct err *err)
{
	int master = handover_receive(socket);
	return master < 0 ? 0 : terminal_begin(&step->terminal, master, err);
}

/* In the outer runner, when pid 1 has been started. */
static int follow(struct supervision *step, int terminal_socket, int outcome_fd, struct err *err)
{
	relay_close_step(&step->out);
	relay_close_step(&step->err);
	if (terminal_socket >= 0) {
		int rc = join_terminal(step, terminal_socket, err);
		if (rc < 0)
			return rc;
	}
	supervise(step);
	terminal_end(&step->terminal);
	return conclude(step, outcome_fd);
}

static int open_channels(struct supervision *step, const struct plan *plan, struct err *err)
{
	step->terminal.master = -1;
	step->signals = take_signals(&step->signals_before, err);
	if (step->signals < 0)
		return step->signals;
	if (plan->tty && !terminal_is_there())
		return fail(err, "E_SANDBOX", 0,
			    "a step with a terminal needs one on descriptors 0 and 1");
	int rc = relay_open(&step->out, STDOUT_FILENO, err);
	return rc < 0 ? rc : relay_open(&step->err, STDERR_FILENO, err);
}

/* In the outer runner: what the step had goes, so that another one may follow. */
static void close_channels(struct supervision *step)
{
	close(step->signals);
	sigprocmask(SIG_SETMASK, &step->signals_before, NULL);
}

static unsigned long namespaces_of(const struct plan *plan)
{
	if (plan->chroot)
		return 0;
	return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
	       (plan->host_network ? 0 : CLONE_NEWNET);
}

static int start_and_follow(struct plan *plan, struct supervision *step, struct err *err)
{
	struct ns_child child;
	int ends[2], sockets[2] = { -1, -1 };
	if (pipe2(ends, O_CLOEXEC) < 0 ||
	    (plan->tty && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0))
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	int rc = ns_start(&child, namespaces_of(plan), err);
	if (rc < 0)
		return rc;
	if (child.pid == 0) {
		struct init_channels channels = { child.lifeline, ends[1], step->out.step,
						  step->err.step, sockets[1] };
		if (sockets[0] >= 0)
			close(sockets[0]);
		rc = init_run(plan, &channels, err);
		return rc == 0 ? 1 : rc;
	}
	cleanup_close int terminal_socket = sockets[0];
	cleanup_close int outcome_fd = ends[0];
	cleanup_close int lifeline __attribute__((unused)) = child.lifeline;
	close(ends[1]);
	if (sockets[1] >= 0)
		close(sockets[1]);
	step->init = child.pid;
	return follow(step, terminal_socket, outcome_fd, err);
}

static int run_plan(struct plan *plan, struct err *err)
{
	static struct supervision step;
	step.ended = step.stopping = false;
	step.chroot = plan->chroot;
	int rc = open_channels(&step, plan, err);
	if (rc == 0 && plan->chroot)
		rc = descendants_adopt(err);
	if (rc == 0)
		rc = start_and_follow(plan, &step, err);
	if (rc == 0)
		close_channels(&step);
	return rc;
}

int run_verb(const struct words *words, struct err *err)
{
	struct plan plan;
	int rc = plan_read(&plan, words, err);
	if (rc == 0)
		rc = netns_keep(&plan.netns, err);
	if (rc == 0)
		rc = limits_join(plan.cgroups, plan.cgroup_count, err);
	if (rc == 0)
		rc = ns_enter_user(&plan.map, err);
	if (rc == 0)
		rc = netns_enter(&plan.netns, err);
	if (rc == 0)
		rc = run_plan(&plan, err);
	plan_free(&plan);
	return rc;
}
