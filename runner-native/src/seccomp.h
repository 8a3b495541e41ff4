/* The system call filter of a step: an allow-list, as the field's default profile has it for the
 * capabilities of caps.h. Threat: kernel interfaces that build steps do not need and exploits do.
 * Installed by the command's process while it has CAP_SYS_ADMIN, so without no_new_privs. */
#pragma once

#include <linux/filter.h>

#include "err.h"

/* What is allowed, ascending and without repeats; built from the tables of seccomp_table.c. */
struct syscall_set {
	uint32_t number[512];
	size_t count;
};

/* Call numbers that are allowed whatever their arguments are. */
void seccomp_table_allowed(struct syscall_set *set);

/* Above this number nothing was known when the tables were written: ENOSYS, so that programs
 * fall back to what they did before. */
extern const uint32_t seccomp_table_last_known;

struct filter {
	struct sock_filter code[4096];
	size_t length;
};

/* A call that waits for the supervisor's answer (supervisor.h) instead of being allowed: always, or
 * where the low half of argument `arg` has one of the bits of `value`, or is `value`. */
struct trap {
	uint32_t number;
	enum trap_when { TRAP_ALWAYS, TRAP_IF_BITS, TRAP_IF_EQUAL } when;
	uint8_t arg;
	uint32_t value;
};

/* What is refused besides, where the step has no namespaces of its own. */
enum refusal {
	SECCOMP_NO_NETWORK = 1, /* sockets of other families than AF_UNIX: EAFNOSUPPORT */
	SECCOMP_NO_OTHERS = 2,	/* looking into other processes: EPERM */
};

#define MOST_TRAPS 160

struct trap_list {
	struct trap trap[MOST_TRAPS];
	size_t count;
	unsigned refused; /* enum refusal */
	bool traced;	  /* a trapped call waits for a tracer, and not for a listener */
};

/* Builds the whole filter; pure. Only calls of the allowed table can be traps (-EINVAL). */
int seccomp_build(struct filter *filter, const struct trap_list *traps);

/* Installs the filter in this process. With traps and untraced, returns the descriptor on which a
 * supervisor receives them; else 0. <0: `err`. */
int seccomp_install(const struct trap_list *traps, struct err *err);
