/* Implementation of command.h. The order matters; each line below needs what the next ones drop. */
#include "command.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "caps.h"
#include "limits.h"
#include "listener.h"
#include "path.h"
#include "seccomp.h"
#include "sys.h"
#include "tracer.h"

#define REPORT_FD    3
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char COMMAND_NOT_EXECUTED[] = "exec-failed";

/* Ignored signals survive an exec: Node ignores SIGPIPE. Before there is a filter, by which each of
 * these calls would wait for the supervisor. */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

/* The mask survives an exec too, and we block many. */
static void unblock_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Closed, not marked close-on-exec: the command's path itself may be /proc/self/fd/N/... */
static int close_others(int *report, struct err *err)
{
	if (*report != REPORT_FD && dup3(*report, REPORT_FD, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot move the report pipe");
	*report = REPORT_FD;
	if (sys_close_range(REPORT_FD + 1, ~0U, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot close the runner's descriptors");
	return 0;
}

static int change_user(const struct user *user, struct err *err)
{
	/* Where a user namespace forbids setgroups there is nothing to give up either. */
	if (setgroups(user->group_count, user->groups) < 0 &&
	    (errno != EPERM || user->group_count > 1))
		return fail(err, "E_USER", errno, "cannot set the %zu supplementary groups",
			    user->group_count);
	if (setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return fail(
			err, "E_USER", errno, "cannot become user %u:%u%s", user->uid, user->gid,
			errno == EINVAL ? " (this user namespace has no such id: give more sub-ids)"
					: "");
	return 0;
}

static const char *search_path(char **env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return DEFAULT_PATH;
}

/* As a shell searches: a name that is there but cannot be executed is remembered, not final. */
static int execute_in_path(const struct plan *plan)
{
	char candidate[WHOLE_PATH_MAX];
	int failure = ENOENT;
	for (const char *at = search_path(plan->env);; at++) {
		size_t part = strcspn(at, ":");
		int length = snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)part, at,
				      part == 0 ? "" : "/", plan->args[0]);
		if (length > 0 && (size_t)length < sizeof(candidate)) {
			execve(candidate, plan->args, plan->env);
			if (errno != ENOENT && errno != ENOTDIR)
				failure = errno;
		}
		at += part;
		if (*at == '\0')
			return failure;
	}
}

static int execute(const struct plan *plan, struct err *err)
{
	const char *name = plan->args[0];
	bool is_path = strchr(name, '/') != NULL;
	int number = ENOENT;
	if (is_path) {
		execve(name, plan->args, plan->env);
		number = errno;
	} else if (*name != '\0') {
		number = execute_in_path(plan);
	}
	if (number != ENOENT && number != ENOTDIR)
		return fail(err, COMMAND_NOT_EXECUTED, number, "cannot execute %s", name);
	if (!is_path)
		return fail(err, COMMAND_NOT_EXECUTED, number, "%s was not found in PATH", name);
	/* The kernel says "not found" of the interpreter too; the file being there tells them
	 * apart. */
	struct stat st;
	return fail(err, COMMAND_NOT_EXECUTED, number,
		    stat(name, &st) == 0
			    ? "%s is there, but the interpreter that it needs was not found"
			    : "%s was not found",
		    name);
}

int command_exit_code(const struct err *err)
{
	return err->number == ENOENT || err->number == ENOTDIR ? 127 : 126;
}

/* Nobody must answer: a step that is not observed is better than none. `number`: of errno, by which
 * there is no listener. */
static int install_traced(const struct plan *plan, struct supervisor *supervisor, int report,
			  int number, struct trap_list *traps, struct err *err)
{
	struct trap_set refused;
	traps->traced = listener_ask_tracer(report, number);
	traps->count = 0;
	if (traps->traced) {
		supervisor_be_traced(supervisor, plan);
		supervisor_traps(supervisor, traps);
	}
	int rc = seccomp_install(traps, err);
	if (rc < 0 || !traps->traced)
		return rc;
	tracer_try(traps, &refused);
	rc = write_all(report, &refused, sizeof(refused));
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot say which calls are refused") : 0;
}

/* With CAP_SYS_ADMIN a filter needs no no_new_privs, which would break sudo in RUN. Rung "chroot"
 * has no such capability. */
static int install_filter(const struct plan *plan, struct supervisor *supervisor, int report,
			  struct err *err)
{
	static struct trap_list traps;
	if (plan->chroot) {
		traps.refused = SECCOMP_NO_OTHERS | (plan->host_network ? 0 : SECCOMP_NO_NETWORK);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot set no_new_privs");
	}
	if (!supervisor_is_needed(supervisor))
		return seccomp_install(&traps, err);
	int rc = plan->single_id ? creds_enter() : 0;
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot begin with an identity");
	supervisor_traps(supervisor, &traps);
	const int courier = plan->chroot ? listener_courier(report) : report;
	if (courier < 0)
		return fail(err, "E_SANDBOX", -courier, "cannot start who hands the filter over");
	/* Stays open until the exec. */
	int listener = plan->single_id || (supervisor->takes_listener && !plan->observe_by_ptrace)
			       ? seccomp_install(&traps, err)
			       : -EPERM;
	if (listener < 0 && plan->single_id)
		return listener;
	if (listener < 0 && plan->chroot)
		(void)listener_offer(courier, listener);
	if (listener < 0)
		return install_traced(plan, supervisor, report,
				      plan->observe_by_ptrace ? 0 : -listener, &traps, err);
	rc = plan->chroot ? listener_offer(courier, listener) : listener_give(report, listener);
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot hand the filter over") : 0;
}

/* Lets pid 1, which has no power over the machine's user namespace, read this process's memory; the
 * step has no other process yet. A change of user takes it away. */
static int show_memory(struct err *err)
{
	return prctl(PR_SET_DUMPABLE, 1) < 0
		       ? fail(err, "E_SANDBOX", errno, "cannot be seen by the supervisor")
		       : 0;
}

int command_become(const struct plan *plan, const struct user *user, struct supervisor *supervisor,
		   int *report, struct err *err)
{
	const uint64_t kept = caps_kept((plan->chroot ? CAPS_NO_CHROOT : 0u) |
					(plan->no_devices ? CAPS_NO_MKNOD : 0u));
	if (setsid() < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a session");
	if (plan->tty && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot give the session its terminal");
	umask(0022);
	reset_signals();
	int rc = close_others(report, err);
	if (rc == 0)
		rc = limits_set(plan, err);
	if (rc == 0 && supervisor_is_needed(supervisor))
		rc = show_memory(err);
	/* What we have by now we keep until after the filter, which needs CAP_SYS_ADMIN. */
	if (rc == 0 && !plan->all_caps)
		rc = caps_bound(kept, err);
	if (rc == 0 && !plan->no_seccomp)
		rc = install_filter(plan, supervisor, *report, err);
	if (rc == 0)
		rc = plan->all_caps ? caps_hold(err) : caps_keep(kept, err);
	/* Under rung "single-id" the process is that user already, as far as it can tell. */
	if (rc == 0 && !plan->single_id)
		rc = change_user(user, err);
	if (rc == 0 && supervisor_is_needed(supervisor))
		rc = show_memory(err);
	if (rc == 0 && plan->all_caps)
		rc = caps_give_all(err);
	if (rc < 0)
		return rc;
	unblock_signals();
	return execute(plan, err);
}
