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

/* Builds the whole filter; pure. */
int seccomp_build(struct filter *filter);

int seccomp_install(struct err *err);
