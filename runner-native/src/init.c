/* Implementation of init.h. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "command.h"
#include "dev.h"
#include "events.h"
#include "fsmount.h"
#include "net.h"
#include "ns.h"
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
	if (plan->hostname != NULL && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot set the host name %s", plan->hostname);
	/* Else the step could reach the keys of whoever runs the build. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		event_note("isolation", "the step has no session keyring of its own: %s",
			   errno_name(errno));
	return 0;
}

/* 0 is the null device, 1 and 2 the step's output, 3 to 5 our channels, and nothing else is open.
 */
static int arrange_descriptors(const struct init_channels *channels, int null, struct err *err)
{
	const int wanted[][2] = {
		{ null, STDIN_FILENO },
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

/* All that happens before the command's process exists. */
static int set_up(struct plan *plan, const struct init_channels *channels, struct user *user,
		  struct err *err)
{
	umask(0022);
	int rc = rootfs_isolate(err);
	if (rc < 0)
		return rc;
	cleanup_close int null = open_null(err);
	if (null < 0)
		return null;
	rc = set_names(plan, err);
	if (rc == 0)
		rc = rootfs_enter(plan, err);
	if (rc < 0)
		return rc;
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the step's root");
	rc = user_resolve(root, plan->user, user, err);
	if (rc == 0)
		rc = add_home(plan, user, err);
	if (rc == 0)
		rc = rootfs_chdir(plan->cwd, err);
	if (rc == 0)
		rc = arrange_descriptors(channels, null, err);
	/* Closed with all the others. */
	steal_fd(&null);
	steal_fd(&root);
	if (rc == 0)
		give_output(channels, user);
	if (rc == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		rc = fail(err, "E_SANDBOX", errno, "cannot hide pid 1 from the step");
	return rc < 0 ? rc : ns_die_with_parent(LIFELINE_FD, err);
}

/* Waits for the command, reaping every orphan, and passes SIGTERM on to it. */
static int wait_for(pid_t command)
{
	sigset_t wanted;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	for (;;) {
		int status;
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == command)
				return status;
		if (sigwaitinfo(&wanted, NULL) == SIGTERM && kill(-command, SIGTERM) < 0)
			kill(command, SIGTERM);
	}
}

static void report_exec_failed(const struct err *failure, int code)
{
	struct json json;
	char message[sizeof(failure->message) + 64];
	snprintf(message, sizeof(message), "%s: %s", failure->message, strerror(failure->number));
	json_begin(&json, "exec-failed");
	json_number(&json, "code", code);
	json_string(&json, "errno", errno_name(failure->number));
	json_string(&json, "message", message);
	(void)json_send(&json, EVENT_FD);
}

/* Follows the command from its fork to its end. `report` has its failure, or ends at its exec. */
static int follow(pid_t command, int report, struct err *err)
{
	struct outcome outcome = { .executed = true };
	struct err failure;
	struct json json;
	/* A fork has our addresses, so the strings that the error points to are here too. */
	int got = read_exact(report, &failure, sizeof(failure));
	if (got < 0)
		return fail(err, "E_SANDBOX", -got, "the command's process died before its exec");
	if (got == 0) {
		json_begin(&json, "started");
		(void)json_send(&json, EVENT_FD);
		outcome.wait_status = wait_for(command);
	} else if (failure.code == COMMAND_NOT_EXECUTED) {
		outcome.executed = false;
		outcome.code = command_exit_code(&failure);
		report_exec_failed(&failure, outcome.code);
	} else {
		*err = failure;
		return err->number == 0 ? -EINVAL : -err->number;
	}
	if (write_all(OUTCOME_FD, &outcome, sizeof(outcome)) < 0)
		return fail(err, "E_SANDBOX", EPIPE, "the runner is gone");
	return 0;
}

int init_run(struct plan *plan, const struct init_channels *channels, struct err *err)
{
	static struct user user;
	int ends[2];
	int rc = set_up(plan, channels, &user, err);
	if (rc < 0)
		return rc;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	pid_t command = fork();
	if (command < 0)
		return fail(err, "E_SANDBOX", errno, "cannot start a process");
	if (command == 0) {
		(void)command_become(plan, &user, &ends[1], err);
		(void)write_all(ends[1], err, sizeof(*err));
		return 1;
	}
	cleanup_close int report = ends[0];
	close(ends[1]);
	return follow(command, report, err);
}
