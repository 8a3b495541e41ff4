/* Implementation of supervisor.h. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include "caps.h"

/* Linux 6.6: the caller and the supervisor take turns on one processor. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP 1UL

static void add_table(struct supervisor *supervisor, const struct call_table *table)
{
	supervisor->tables[supervisor->table_count++] = *table;
}

void supervisor_begin(struct supervisor *supervisor)
{
	supervisor->listener = -1;
	supervisor->table_count = 0;
	supervisor->observer = NULL;
	supervisor->borrows = false;
}

void supervisor_observe(struct supervisor *supervisor, struct observer *observer)
{
	const struct call_table paths = observe_paths();
	supervisor->observer = observer;
	if (!observer_is_on(observer))
		return;
	add_table(supervisor, &paths);
	add_table(supervisor, &OBSERVE_OPEN);
	add_table(supervisor, &OBSERVE_NAMES);
	add_table(supervisor, &OBSERVE_PROGRAMS);
	add_table(supervisor, &OBSERVE_SOCKETS);
	add_table(supervisor, &OBSERVE_FILTERS);
	add_table(supervisor, &OBSERVE_SIGNALS);
}

void supervisor_answer(struct supervisor *supervisor, const struct user *user)
{
	creds_begin(&supervisor->creds, user);
	add_table(supervisor, &CALLS_STAT);
	add_table(supervisor, &CALLS_IDENTITY);
	add_table(supervisor, &CALLS_CREATE);
	add_table(supervisor, &CALLS_OPEN);
	add_table(supervisor, &CALLS_CHANGE);
	add_table(supervisor, &CALLS_OWNER);
	add_table(supervisor, &CALLS_XATTR);
	add_table(supervisor, &CALLS_PROCESS);
}

void supervisor_show_self(struct supervisor *supervisor)
{
	supervisor->borrows = true;
	add_table(supervisor, &CALLS_SELF);
}

/* Two tables may trap one call for different reasons: then it is trapped always. */
static void add_trap(struct trap_list *traps, const struct trap *trap)
{
	for (size_t i = 0; i < traps->count; i++)
		if (traps->trap[i].number == trap->number) {
			traps->trap[i].when = TRAP_ALWAYS;
			return;
		}
	if (traps->count < lengthof(traps->trap))
		traps->trap[traps->count++] = *trap;
}

void supervisor_traps(const struct supervisor *supervisor, struct trap_list *traps)
{
	traps->count = 0;
	for (size_t i = 0; i < supervisor->table_count; i++)
		for (size_t k = 0; k < supervisor->tables[i].count; k++)
			add_trap(traps, &supervisor->tables[i].calls[k].trap);
}

int supervisor_take(struct supervisor *supervisor, int listener, bool is_there, struct err *err)
{
	struct statfs fs;
	supervisor->listener = listener;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	if ((!is_there && chdir("/proc") < 0) || statfs(".", &fs) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot enter the step's /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return fail(err, "E_MOUNT_TARGET", 0,
			    "something is mounted on /proc, which this rung needs");
	umask(0);
	return caps_supervise(err);
}

static struct answer dispatch(struct supervisor *supervisor, const struct notice *notice)
{
	for (size_t i = 0; i < supervisor->table_count; i++) {
		const struct call_table *table = &supervisor->tables[i];
		for (size_t k = 0; k < table->count; k++) {
			if (table->calls[k].trap.number != notice->number)
				continue;
			struct answer answer = table->calls[k].handle(supervisor, notice);
			if (answer.kind != ANSWER_PERFORM)
				return answer;
		}
	}
	return answer_perform();
}

/* On rung "chroot" nobody may anyway; a tracer only looks on, so nothing is answered there. */
void supervisor_be_traced(struct supervisor *supervisor, const struct plan *plan)
{
	if (supervisor->borrows)
		supervisor->table_count--;
	supervisor->borrows = false;
	if (!plan->chroot)
		add_table(supervisor, &OBSERVE_TRACERS);
}

struct answer supervisor_hear(struct supervisor *supervisor, struct notice *notice)
{
	notice->changed_roots = supervisor->changed_roots;
	notice->borrows = supervisor->borrows;
	if (supervisor->observer != NULL)
		observer_notice(supervisor->observer, notice);
	return dispatch(supervisor, notice);
}

void supervisor_serve(struct supervisor *supervisor)
{
	struct notice notice;
	if (notice_receive(supervisor->listener, &notice))
		notice_answer(&notice, supervisor_hear(supervisor, &notice));
}
