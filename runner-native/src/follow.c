/* Implementation of follow.h. */
#include "follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "cell.h"
#include "command.h"
#include "descendants.h"
#include "events.h"
#include "listener.h"
#include "looked.h"
#include "tracer.h"

/* Of the one step that this process has. */
static struct tracer tracer;

/* Answers the step's calls until `until` can be read, or is at its end. */
static void serve_until(struct supervisor *supervisor, int until)
{
	struct pollfd polled[] = {
		{ .fd = until, .events = POLLIN },
		{ .fd = supervisor->listener, .events = POLLIN },
	};
	while (polled[0].revents == 0) {
		if (poll(polled, lengthof(polled), -1) < 0 && errno != EINTR)
			return;
		if ((polled[1].revents & POLLIN) != 0)
			supervisor_serve(supervisor);
		else if (polled[1].revents != 0) /* no process has the filter any more */
			polled[1].fd = -1;
	}
}

/* Waits for the command, reaping every orphan, and passes SIGTERM on to it. At SIGUSR1 (rung
 * "chroot") everything is killed. All are blocked since before we were started. */
static int wait_for(pid_t command, int signals, struct supervisor *supervisor)
{
	struct signalfd_siginfo info;
	for (;;) {
		int status;
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
			if (WIFSTOPPED(status))
				tracer_take(&tracer, pid, status);
			else if (pid == command)
				return status;
		serve_until(supervisor, signals);
		if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
			continue;
		if (info.ssi_signo == SIGUSR1 && cell_end_others(descendants_kill) < 0 &&
		    supervisor->observer != NULL)
			observer_fail(supervisor->observer, "its root was lost sight of");
		if (info.ssi_signo == SIGTERM && kill(-command, SIGTERM) < 0)
			kill(command, SIGTERM);
	}
}

static int take_signals(const struct plan *plan, struct err *err)
{
	sigset_t wanted;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	if (plan->chroot)
		sigaddset(&wanted, SIGUSR1);
	int fd = signalfd(-1, &wanted, SFD_CLOEXEC);
	return fd < 0 ? fail(err, "E_SANDBOX", errno, "cannot take signals") : fd;
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

/* That was not to be. */
static int fail_early(const struct err *failure, struct err *err)
{
	return failure->code != NULL ? 1
				     : fail(err, "E_SANDBOX", EPIPE,
					    "the command's process died before its exec");
}

/* Traces the command's process, which asks for it since `number` kept it from having a listener. */
static int trace(const struct plan *plan, struct supervisor *supervisor,
		 const struct followed *followed, int number, struct err *failure, struct err *err)
{
	struct trap_set refused;
	const bool observes = supervisor->observer != NULL;
	const char *reason =
		observes ? tracer_begin(&tracer, supervisor, plan, followed->command) : NULL;
	if (reason != NULL)
		observer_fail(supervisor->observer, reason);
	if (reason != NULL || !observes) {
		(void)listener_answer(followed->report, false);
		return 0;
	}
	event_note("observe", "no seccomp user notification for the step: %s",
		   number == 0 ? "ptrace was asked for" : errno_name(number));
	int rc = supervisor_take(supervisor, -1, plan->chroot, err);
	if (rc < 0)
		return rc;
	if (listener_answer(followed->report, true) < 0)
		return fail(err, "E_SANDBOX", EPIPE, "the command's process is gone");
	tracer_await_exec(&tracer);
	if (listener_take_message(followed->report, &refused, sizeof(refused), failure) == 0)
		return fail_early(failure, err);
	if (!tracer_sees_all(&tracer, &refused, number == EBUSY))
		observer_fail(supervisor->observer,
			      "a listener of the container hears calls of the step first");
	return 0;
}

/* Begins to hear the step's calls, and hears them until the command's process has executed. 0, or 1
 * with the failure that it has reported. */
static int hear(const struct plan *plan, struct supervisor *supervisor,
		const struct followed *followed, struct err *failure, struct err *err)
{
	const struct offer offer = listener_take(followed->report, followed->command, failure);
	if (offer.kind == OFFER_FAILED)
		return fail_early(failure, err);
	if (offer.kind == OFFER_TRACER)
		return trace(plan, supervisor, followed, offer.number, failure, err);
	int rc = supervisor_take(supervisor, offer.listener, plan->chroot, err);
	if (rc == 0)
		serve_until(supervisor, followed->report);
	return rc;
}

/* Until the command's process has executed (0), or has failed (1, with `failure`). */
static int await_exec(const struct plan *plan, struct supervisor *supervisor,
		      const struct followed *followed, struct err *failure, struct err *err)
{
	int rc = supervisor_is_needed(supervisor) ? hear(plan, supervisor, followed, failure, err)
						  : 0;
	if (rc != 0)
		return rc;
	int got = read_exact(followed->report, failure, sizeof(*failure));
	return got < 0 ? fail(err, "E_SANDBOX", -got, "the command's process died before its exec")
		       : got;
}

/* Ends every other process of the step, which then looks nothing up any more. */
static void end_others(const struct plan *plan, struct observer *observer)
{
	/* To anybody but the first process of a pid namespace, -1 is the whole machine. */
	if (plan->chroot) {
		if (cell_end_others(descendants_end) < 0)
			observer_fail(observer, "its root was lost sight of");
		return;
	}
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

int follow(const struct plan *plan, struct supervisor *supervisor, const struct followed *followed,
	   struct outcome *outcome, struct err *err)
{
	struct err failure;
	struct json json;
	*outcome = (struct outcome){ .executed = true };
	cleanup_close int signals = take_signals(plan, err);
	if (signals < 0)
		return signals;
	/* A fork has our addresses, so the strings that the error points to are here too. */
	int got = await_exec(plan, supervisor, followed, &failure, err);
	if (got < 0)
		return got;
	if (got == 0) {
		json_begin(&json, "started");
		(void)json_send(&json, EVENT_FD);
		outcome->wait_status = wait_for(followed->command, signals, supervisor);
	} else if (failure.code == COMMAND_NOT_EXECUTED) {
		outcome->executed = false;
		outcome->code = command_exit_code(&failure);
		report_exec_failed(&failure, outcome->code);
	} else {
		*err = failure;
		return err->number == 0 ? -EINVAL : -err->number;
	}
	if (supervisor->observer != NULL) {
		end_others(plan, supervisor->observer);
		observer_end(supervisor->observer);
		looked_end(supervisor->observer);
	}
	return 0;
}
