/* Handlers of signals without SA_RESTART: only a step in which such a signal may come can see a
 * look-up fail with EINTR that would not have failed unobserved. Not counted: signals that a fault
 * raises; those that tell a program to end, whose look-ups on the way do not matter; and those of
 * processes and timers, where none has sent any. Part of the supervisor. */
#include <asm/unistd.h>
#include <signal.h>

#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

#define BIT(number) ((uint64_t)1 << ((number)-1))
#define FAULTS                                                                                     \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP) | BIT(SIGSYS) |     \
	 BIT(SIGPIPE) | BIT(SIGXFSZ))
#define ENDS	       (BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT) | BIT(SIGABRT) | BIT(SIGXCPU))
#define SENT	       (BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGALRM) | BIT(SIGVTALRM) | BIT(SIGPROF))
#define COME_BY_ITSELF (~(FAULTS | ENDS | SENT))

/* The beginning of the kernel's own struct sigaction, on both architectures. */
struct action {
	uint64_t handler, flags;
};

static uint64_t bit_of(uint64_t number)
{
	return number >= 1 && number <= 64 ? BIT(number) : 0;
}

HANDLER(handle_sigaction)
{
	struct observer *observer = supervisor->observer;
	struct action action;
	/* Below are SIG_DFL and SIG_IGN. */
	if (observer_read(observer, notice, notice->args[1], &action, sizeof(action)) &&
	    action.handler > 1 && (action.flags & SA_RESTART) == 0)
		observer->handled |= bit_of((uint32_t)notice->args[0]) & ~(FAULTS | ENDS);
	return answer_perform();
}

HANDLER(handle_kill)
{
	supervisor->observer->sent |= bit_of((uint32_t)notice->args[1]);
	return answer_perform();
}

HANDLER(handle_tgkill)
{
	supervisor->observer->sent |= bit_of((uint32_t)notice->args[2]);
	return answer_perform();
}

HANDLER(handle_itimer)
{
	static const int numbers[] = { SIGALRM, SIGVTALRM, SIGPROF };
	if (notice->args[0] < lengthof(numbers))
		supervisor->observer->sent |= BIT(numbers[notice->args[0]]);
	return answer_perform();
}

#if defined(__x86_64__)
HANDLER(handle_alarm)
{
	(void)notice;
	supervisor->observer->sent |= BIT(SIGALRM);
	return answer_perform();
}
#endif

/* Timers and files that tell by a signal of the step's choice. */
HANDLER(handle_any)
{
	(void)notice;
	supervisor->observer->sent = ~(uint64_t)0;
	return answer_perform();
}

static const struct call CALLS[] = {
	/* Where there is no action, one is asked for. */
	{ { __NR_rt_sigaction, TRAP_IF_BITS, 1, UINT32_MAX }, handle_sigaction },
	{ { __NR_kill, TRAP_ALWAYS, 0, 0 }, handle_kill },
	{ { __NR_tkill, TRAP_ALWAYS, 0, 0 }, handle_kill },
	{ { __NR_rt_sigqueueinfo, TRAP_ALWAYS, 0, 0 }, handle_kill },
	{ { __NR_pidfd_send_signal, TRAP_ALWAYS, 0, 0 }, handle_kill },
	{ { __NR_tgkill, TRAP_ALWAYS, 0, 0 }, handle_tgkill },
	{ { __NR_rt_tgsigqueueinfo, TRAP_ALWAYS, 0, 0 }, handle_tgkill },
	{ { __NR_setitimer, TRAP_ALWAYS, 0, 0 }, handle_itimer },
#if defined(__x86_64__)
	{ { __NR_alarm, TRAP_ALWAYS, 0, 0 }, handle_alarm },
#endif
	{ { __NR_timer_create, TRAP_ALWAYS, 0, 0 }, handle_any },
	{ { __NR_mq_notify, TRAP_ALWAYS, 0, 0 }, handle_any },
	{ { __NR_fcntl, TRAP_IF_EQUAL, 1, 10 /* F_SETSIG */ }, handle_any },
};

const struct call_table OBSERVE_SIGNALS = { CALLS, lengthof(CALLS) };

bool observer_may_be_interrupted(const struct observer *observer)
{
	return (observer->handled & (COME_BY_ITSELF | observer->sent)) != 0;
}
