/* Implementation of netns.h. */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "events.h"
#include "net.h"
#include "sys.h"

enum { READY_MS = 5000, LOOK_MS = 2, FIRST_UNUSED_FD = STDERR_FILENO + 1 };

int netns_take(struct netns *netns, char **args, struct err *err)
{
	if (strcmp(args[0], "pasta") != 0 && strcmp(args[0], "slirp4netns") != 0)
		return fail(err, "E_RUNNER_WORDS", 0, "\"%.64s\" makes no network", args[0]);
	netns->kind = args[0];
	netns->program = args[1];
	return 0;
}

/* No port of the machine leads in, none of the step's leads out to the machine's loopback, nor does
 * the gateway's address. */
static void become_helper(const struct netns *netns, pid_t runner)
{
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", (int)runner);
	signal(SIGPIPE, SIG_DFL); /* pasta ends where it finds it otherwise */
	sys_close_range(FIRST_UNUSED_FD, ~0U, 0);
	if (strcmp(netns->kind, "pasta") == 0)
		execl(netns->program, "pasta", "--config-net", "--foreground", "--quiet", "-t",
		      "none", "-u", "none", "-T", "none", "-U", "none", "--no-map-gw", pid,
		      (char *)NULL);
	else
		execl(netns->program, "slirp4netns", "--configure", "--mtu=65520",
		      "--disable-host-loopback", "--enable-seccomp", pid, "tap0", (char *)NULL);
	fprintf(stderr, "cannot execute %s: %s\n", netns->program, strerror(errno));
	_exit(127);
}

/* Starts the helper when the runner is where it is to go, and ends it when the runner has ended. */
static void keep(const struct netns *netns, int lifeline, int report)
{
	char go;
	pid_t runner = getppid();
	if (read_exact(lifeline, &go, 1) != 1)
		_exit(0);
	pid_t helper = fork();
	if (helper == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(report, STDOUT_FILENO) >= 0 && dup2(report, STDERR_FILENO) >= 0)
			become_helper(netns, runner);
		_exit(126);
	}
	close(report);
	while (read_exact(lifeline, &go, 1) == 1)
		;
	if (helper > 0)
		kill(helper, SIGKILL);
	_exit(0);
}

int netns_keep(struct netns *netns, struct err *err)
{
	int lifeline[2], report[2];
	if (netns->kind == NULL)
		return 0;
	if (pipe2(lifeline, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	pid_t keeper = fork();
	if (keeper < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process");
	if (keeper == 0) {
		/* Nothing of the client's: it waits for the end of these. */
		const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			(void)dup2(null, fd);
		const int kept[] = { fcntl(lifeline[0], F_DUPFD_CLOEXEC, 64),
				     fcntl(report[1], F_DUPFD_CLOEXEC, 64) };
		sys_close_range(FIRST_UNUSED_FD, 63, 0);
		keep(netns, kept[0], kept[1]);
	}
	close(lifeline[0]);
	close(report[1]);
	netns->lifeline = lifeline[1];
	netns->report = report[0];
	return 0;
}

/* What a file of /proc/self/net begins with; empty where it cannot be read. */
static void read_routes(const char *path, char *text, size_t room)
{
	cleanup_close int routes = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = routes < 0 ? 0 : read(routes, text, room - 1);
	text[n > 0 ? n : 0] = '\0';
}

/* A line of ipv6_route that leads everywhere, by another device than the loopback, which always has
 * one that refuses. */
static bool leads_out(const char *line)
{
	static const char everywhere[] = "00000000000000000000000000000000 00 ";
	const size_t length = strcspn(line, "\n");
	return strncmp(line, everywhere, sizeof(everywhere) - 1) == 0 &&
	       (length < 3 || strncmp(line + length - 3, " lo", 3) != 0);
}

/* Whether anything beyond the loopback can be reached: the helper sets the route last. A machine
 * may have IPv6 alone. */
static bool has_route(void)
{
	char text[4096];
	read_routes("/proc/self/net/route", text, sizeof(text));
	const char *line = strchr(text, '\n');
	if (line != NULL && line[1] != '\0')
		return true;
	read_routes("/proc/self/net/ipv6_route", text, sizeof(text));
	for (line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (leads_out(line))
			return true;
	return false;
}

/* Until there is a route (true), or the helper has ended or takes too long; `said` is its last
 * word. */
static bool await_route(int report, char *said, size_t room)
{
	size_t used = 0;
	for (int waited = 0; waited < READY_MS; waited += LOOK_MS) {
		struct pollfd polled = { .fd = report, .events = POLLIN };
		if (has_route())
			return true;
		if (poll(&polled, 1, LOOK_MS) <= 0)
			continue;
		ssize_t n = read(report, said + used, room - used - 1);
		used += n > 0 ? (size_t)n : 0;
		said[used] = '\0';
		if (n <= 0 || used + 1 == room)
			return false;
	}
	return false;
}

/* The last line that says something; pasta complains of a missing system log between. */
static const char *last_line(char *said)
{
	const char *last = "it said nothing";
	for (char *at = strtok(said, "\n"); at != NULL; at = strtok(NULL, "\n"))
		if (strstr(at, "syslog") == NULL)
			last = at;
	return last;
}

int netns_enter(struct netns *netns, struct err *err)
{
	char said[4096] = "";
	if (netns->kind == NULL)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return fail_step(err, STEP_NAMESPACES, errno, "cannot make a network namespace");
	int rc = net_loopback_up(err);
	if (rc < 0)
		return rc;
	/* It has to open our namespaces; no step runs yet that could open anything of ours. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	if (write_all(netns->lifeline, "!", 1) < 0)
		return fail(err, "E_SANDBOX", EPIPE, "the keeper of the network is gone");
	if (!await_route(netns->report, said, sizeof(said)))
		event_note("network", "steps have no network, since %s failed: %s", netns->kind,
			   last_line(said));
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}
