/* Implementation of init.h. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cell.h"
#include "command.h"
#include "descendants.h"
#include "dev.h"
#include "events.h"
#include "follow.h"
#include "fsmount.h"
#include "listener.h"
#include "looked.h"
#include "net.h"
#include "ns.h"
#include "pty.h"
#include "rootfs.h"
#include "sys.h"

/* Where pid 1's descriptors end up; everything above is closed before the command starts. */
enum { OUTCOME_FD = WORDS_FD, LIFELINE_FD = EVENT_FD + 1, FIRST_UNUSED_FD };

static int set_names(const struct plan *plan, struct err *err)
{
	if (!plan->host_network) {
		int rc = net_loopback_up(err);
		if (rc < 0)
			return rc;
	}
	/* Of a container's own filter: podman's lets namespaces be made, but nobody name them. */
	if (plan->hostname != NULL && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
		event_note("isolation", "the step has the machine's host name: %s",
			   errno_name(errno));
	/* Else the step could reach the keys of whoever runs the build. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		event_note("isolation", "the step has no session keyring of its own: %s",
			   errno_name(errno));
	return 0;
}

/* 0 is the step's input, 1 and 2 its output, 3 to 5 our channels, and nothing else is open. */
static int arrange_descriptors(const struct init_channels *channels, int input, struct err *err)
{
	const int wanted[][2] = {
		{ input, STDIN_FILENO },
		{ channels->stdout_fd, STDOUT_FILENO },
		{ channels->stderr_fd, STDERR_FILENO },
		{ channels->outcome, OUTCOME_FD },
		{ channels->lifeline, LIFELINE_FD },
	};
	int copies[lengthof(wanted)];
	/* First out of the way of all targets, then into place. */
	for (size_t i = 0; i < lengthof(wanted); i++) {
		copies[i] = fcntl(wanted[i][0], F_DUPFD_CLOEXEC, 64);
		if (copies[i] < 0)
			return fail(err, "E_SANDBOX", errno, "cannot arrange the descriptors");
	}
	for (size_t i = 0; i < lengthof(wanted); i++)
		if (dup3(copies[i], wanted[i][1], wanted[i][1] > STDERR_FILENO ? O_CLOEXEC : 0) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot arrange the descriptors");
	if (sys_close_range(FIRST_UNUSED_FD, ~0U, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot close the runner's descriptors");
	return 0;
}

/* The null device through a read-only mount: else a step that is root could change the permissions
 * of the machine's /dev/null by way of its stdin. The mount covers the device in our own namespace
 * and goes with the old root (one left unattached would cost milliseconds to take away). */
static int open_null(struct err *err)
{
	cleanup_close int device = dev_open_null();
	if (device < 0)
		return fail(err, "E_SANDBOX", -device,
			    "/dev/null of this machine is not the null device");
	cleanup_close int mount = fs_clone(device);
	int rc = mount < 0 ? mount : fs_restrict(mount, MOUNT_ATTR_RDONLY);
	if (rc == 0)
		rc = fs_attach(mount, device);
	if (rc < 0)
		return fail_step(err, STEP_MOUNT, -rc, "cannot copy the mount of /dev/null");
	int null = open(fd_path(mount).text, O_RDONLY | O_CLOEXEC);
	return null < 0 ? fail(err, "E_SANDBOX", errno, "cannot open the null device") : null;
}

/* A pipe of the relay belongs to the caller; a step of another user must be able to reopen it
 * (`> /dev/stdout`). What the client gave us is not ours to give away. */
static void give_output(const struct init_channels *channels, const struct user *user)
{
	if (channels->stdout_fd != STDOUT_FILENO)
		(void)!fchown(STDOUT_FILENO, user->uid, (gid_t)-1);
	if (channels->stderr_fd != STDERR_FILENO)
		(void)!fchown(STDERR_FILENO, user->uid, (gid_t)-1);
}

/* The step's own terminal in place of its input and output. A session of its own comes first: the
 * runner's has the user's terminal, which nobody in the step may call its own. A changed root has
 * no devpts: there the pair is one of the container's, whose path the step does not see. */
static int take_terminal(struct init_channels *channels, struct err *err)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || setsid() < 0)
		return fail(err, "E_SANDBOX", errno, "cannot leave the user's terminal");
	int slave = pty_open_slave(root, channels->terminal, err);
	channels->stdout_fd = channels->stderr_fd = slave;
	return slave;
}

static int add_home(struct plan *plan, const struct user *user, struct err *err)
{
	static char home[sizeof(user->home) + 8];
	for (size_t i = 0; i < plan->env_count; i++)
		if (strncmp(plan->env[i], "HOME=", 5) == 0)
			return 0;
	snprintf(home, sizeof(home), "HOME=%s", user->home[0] == '\0' ? "/" : user->home);
	/* plan_read left room for the closing NULL; after HOME there must be one again. */
	char **slot = array_push(&plan->env, &plan->env_count, sizeof(*slot));
	if (slot == NULL)
		return fail(err, "E_SANDBOX", ENOMEM, "cannot hold the environment");
	*slot = home;
	if (array_push(&plan->env, &plan->env_count, sizeof(*slot)) == NULL)
		return fail(err, "E_SANDBOX", ENOMEM, "cannot hold the environment");
	plan->env_count--;
	return 0;
}

/* Makes the step's root, and this process's where it has namespaces. */
static int make_root(struct plan *plan, int lifeline, struct err *err)
{
	if (plan->chroot)
		return cell_prepare(plan, lifeline, err);
	int rc = set_names(plan, err);
	return rc < 0 ? rc : rootfs_enter(plan, err);
}

/* All that happens before the command's process exists. */
static int set_up(struct plan *plan, struct init_channels *channels, struct user *user,
		  struct err *err)
{
	cleanup_close int terminal = -1;
	umask(0022);
	int rc = plan->chroot ? 0 : rootfs_isolate(err);
	if (rc < 0)
		return rc;
	cleanup_close int null = plan->chroot ? cell_open_null(plan, err) : open_null(err);
	if (null < 0)
		return null;
	rc = make_root(plan, channels->lifeline, err);
	if (rc < 0)
		return rc;
	cleanup_close int root =
		open(plan->chroot ? plan->root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the step's root");
	if (plan->tty) {
		rc = terminal = take_terminal(channels, err);
		if (rc < 0)
			return rc;
	}
	rc = user_resolve(root, plan->user, user, err);
	if (rc == 0)
		rc = add_home(plan, user, err);
	if (rc == 0 && !plan->chroot)
		rc = rootfs_chdir(plan->cwd, err);
	if (rc == 0)
		rc = arrange_descriptors(channels, plan->tty ? terminal : null, err);
	/* Closed with all the others. */
	steal_fd(&null);
	steal_fd(&root);
	steal_fd(&terminal);
	if (rc == 0)
		give_output(channels, user);
	if (rc == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		rc = fail(err, "E_SANDBOX", errno, "cannot hide pid 1 from the step");
	return rc < 0 || plan->chroot ? rc : ns_die_with_parent(LIFELINE_FD, err);
}

/* The two ends of the command's report; messages are kept apart where it also offers a listener. */
static int make_report(const struct supervisor *supervisor, int ends[2])
{
	return supervisor_is_needed(supervisor)
		       ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)
		       : pipe2(ends, O_CLOEXEC);
}

static void prepare_supervisor(const struct plan *plan, const struct user *user,
			       struct supervisor *supervisor)
{
	static struct observer observer;
	supervisor_begin(supervisor);
	const bool sees_proc = !plan->chroot || cell_look_in(plan) == 0;
	if (plan->observe) {
		if (!sees_proc)
			observer_fail(&observer, "the container's /proc is not to be used");
		observer_begin(&observer, plan);
		supervisor_observe(supervisor, &observer);
	}
	supervisor->takes_listener = plan->chroot || listener_can_be_taken();
	if (plan->chroot && sees_proc)
		supervisor_show_self(supervisor);
	if (plan->single_id)
		supervisor_answer(supervisor, user);
}

/* Where no namespace does it: ends what is left of the step and takes its changes. */
static int leave(struct plan *plan, const struct outcome *outcome, int rc, struct err *err)
{
	struct err ignored;
	/* What is done at a terminal is nobody's layer. */
	bool counts = rc == 0 && outcome->executed && outcome->wait_status == 0 && !plan->tty;
	int left = plan->chroot ? cell_leave(plan, counts, rc < 0 ? &ignored : err) : 0;
	return rc < 0 ? rc : left;
}

/* Starts the command and follows it; 1 in the command's own process, when that has failed. */
static int start(const struct plan *plan, const struct user *user, struct supervisor *supervisor,
		 struct outcome *outcome, struct err *err)
{
	int ends[2];
	prepare_supervisor(plan, user, supervisor);
	if (make_report(supervisor, ends) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	pid_t command = fork();
	if (command < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process");
	if (command == 0) {
		if (!plan->chroot || cell_enter(plan, err) == 0)
			(void)command_become(plan, user, supervisor, &ends[1], err);
		(void)write_all(ends[1], err, sizeof(*err));
		return 1;
	}
	cleanup_close int report = ends[0];
	close(ends[1]);
	const struct followed followed = { command, report };
	return follow(plan, supervisor, &followed, outcome, err);
}

int init_run(struct plan *plan, struct init_channels *channels, struct err *err)
{
	static struct user user;
	static struct supervisor supervisor;
	struct outcome outcome = { .executed = false };
	int rc = set_up(plan, channels, &user, err);
	if (rc == 0)
		rc = start(plan, &user, &supervisor, &outcome, err);
	if (rc > 0)
		return rc;
	rc = leave(plan, &outcome, rc, err);
	if (rc == 0 && write_all(OUTCOME_FD, &outcome, sizeof(outcome)) < 0)
		rc = fail(err, "E_SANDBOX", EPIPE, "the runner is gone");
	return rc;
}
