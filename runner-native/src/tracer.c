/* Implementation of tracer.h. */
#include "tracer.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "caps.h"
#include "stopped_call.h"
#include "sys.h"

#define OPTIONS                                                                                    \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |    \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

/* Of a trial: no call does anything with these arguments. */
#define NOTHING UINT64_MAX

const char *tracer_begin(struct tracer *tracer, struct supervisor *supervisor,
			 const struct plan *plan, pid_t command)
{
	tracer->supervisor = supervisor;
	tracer->command = command;
	supervisor_be_traced(supervisor, plan);
	supervisor_traps(supervisor, &tracer->traps);
	if (!plan->chroot && !caps_has(CAP_SYS_PTRACE))
		return "neither a listener nor CAP_SYS_PTRACE is given here";
	if (ptrace(PTRACE_SEIZE, command, NULL, OPTIONS) < 0)
		return "neither a listener nor ptrace is given here";
	return NULL;
}

static bool is_trial(const struct stopped_call *call)
{
	for (size_t i = 0; i < lengthof(call->args); i++)
		if (call->args[i] != NOTHING)
			return false;
	return true;
}

static void see(struct tracer *tracer, uint32_t number)
{
	for (size_t i = 0; i < tracer->traps.count; i++)
		if (tracer->traps.trap[i].number == number)
			tracer->seen.has[i] = true;
}

static void hear(struct tracer *tracer, pid_t pid)
{
	struct stopped_call call;
	if (!stopped_call_read(pid, &call))
		return;
	if (!tracer->executed && is_trial(&call))
		return see(tracer, call.number);
	struct notice notice = {
		.listener = -1, .id = ++tracer->calls, .tid = pid, .number = call.number
	};
	memcpy(notice.args, call.args, sizeof(notice.args));
	(void)supervisor_hear(tracer->supervisor, &notice);
}

void tracer_take(struct tracer *tracer, pid_t pid, int status)
{
	long signal = 0;
	switch ((unsigned)status >> 16) {
	case 0: /* a signal on its way */
		signal = WSTOPSIG(status);
		break;
	case PTRACE_EVENT_SECCOMP:
		hear(tracer, pid);
		break;
	case PTRACE_EVENT_EXEC:
		tracer->executed = tracer->executed || pid == tracer->command;
		break;
	case PTRACE_EVENT_STOP:
		/* By a signal of job control; else it is new, or goes on. */
		if (WSTOPSIG(status) != SIGTRAP) {
			(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			return;
		}
		break;
	default:
		break;
	}
	/* Fails where it was killed meanwhile. */
	(void)ptrace(PTRACE_CONT, pid, NULL, signal);
}

void tracer_await_exec(struct tracer *tracer)
{
	while (!tracer->executed) {
		int status;
		const pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno != EINTR)
			return;
		if (pid > 0 && WIFSTOPPED(status))
			tracer_take(tracer, pid, status);
		else if (pid == tracer->command)
			return;
	}
}

void tracer_try(const struct trap_list *traps, struct trap_set *refused)
{
	*refused = (struct trap_set){ 0 };
	for (size_t i = 0; i < traps->count; i++)
		if (traps->trap[i].when == TRAP_ALWAYS)
			refused->has[i] = syscall(traps->trap[i].number, NOTHING, NOTHING, NOTHING,
						  NOTHING, NOTHING, NOTHING) < 0 &&
					  (errno == EPERM || errno == ENOSYS);
}

bool tracer_sees_all(const struct tracer *tracer, const struct trap_set *refused, bool has_rival)
{
	for (size_t i = 0; i < tracer->traps.count; i++)
		if (tracer->traps.trap[i].when == TRAP_ALWAYS && !tracer->seen.has[i] &&
		    (has_rival || !refused->has[i]))
			return false;
	return true;
}
