/* System call filters of the step's own. One that refuses or kills comes before ours, and what it
 * refuses does not happen: fine. One that asks a listener or a tracer gets none while there is
 * ours. And tracers of the step's own, while it is traced. Part of the supervisor. */
#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "events.h"
#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

static bool asks_tracer(struct observer *observer, const struct notice *notice, uint64_t address)
{
	struct sock_fprog program;
	struct sock_filter code[256];
	if (!observer_read(observer, notice, address, &program, sizeof(program)))
		return false;
	const uint64_t at = (uint64_t)(uintptr_t)program.filter;
	for (size_t done = 0; done < program.len;) {
		const size_t left = program.len - done;
		const size_t count = left < lengthof(code) ? left : lengthof(code);
		if (!observer_read(observer, notice, at + done * sizeof(code[0]), code,
				   count * sizeof(code[0])))
			return false;
		for (size_t i = 0; i < count; i++)
			if (BPF_CLASS(code[i].code) == BPF_RET &&
			    (BPF_RVAL(code[i].code) != BPF_K ||
			     (code[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE))
				return true;
		done += count;
	}
	return false;
}

static struct answer add_filter(struct supervisor *supervisor, const struct notice *notice,
				uint64_t flags, uint64_t program)
{
	if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)
		observer_fail(supervisor->observer,
			      "the step wanted a filter with a listener of its own");
	else if (asks_tracer(supervisor->observer, notice, program))
		observer_fail(supervisor->observer, "the step has a filter that asks a tracer");
	return answer_perform();
}

HANDLER(handle_seccomp)
{
	return add_filter(supervisor, notice, notice->args[1], notice->args[2]);
}

HANDLER(handle_prctl)
{
	if (notice->args[1] != SECCOMP_MODE_FILTER)
		return answer_perform();
	return add_filter(supervisor, notice, 0, notice->args[2]);
}

static const struct call CALLS[] = {
	{ { __NR_seccomp, TRAP_IF_EQUAL, 0, SECCOMP_SET_MODE_FILTER }, handle_seccomp },
	{ { __NR_prctl, TRAP_IF_EQUAL, 0, PR_SET_SECCOMP }, handle_prctl },
};

/* A process has one tracer: strace and the like fail with EPERM. */
HANDLER(handle_ptrace)
{
	if (observer_is_on(supervisor->observer))
		event_note("tracing", "the step traces programs (strace, gdb), which is refused "
				      "while it is traced itself to see what it reads");
	observer_fail(supervisor->observer, "the step wanted to trace programs itself");
	(void)notice;
	return answer_perform();
}

static const struct call TRACERS[] = {
	{ { __NR_ptrace, TRAP_ALWAYS, 0, 0 }, handle_ptrace },
};

const struct call_table OBSERVE_TRACERS = { TRACERS, lengthof(TRACERS) };

const struct call_table OBSERVE_FILTERS = { CALLS, lengthof(CALLS) };
