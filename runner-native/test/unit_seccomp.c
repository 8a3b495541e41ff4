/* The filter, run by a small BPF machine over every call number and the arguments that matter. */
#include "unit.h"

#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>

#include "seccomp.h"

#if defined(__x86_64__)
#define ARCH	   AUDIT_ARCH_X86_64
#define OTHER_ARCH AUDIT_ARCH_I386
#else
#define ARCH	   AUDIT_ARCH_AARCH64
#define OTHER_ARCH AUDIT_ARCH_ARM
#endif

#define ALLOWED	      SECCOMP_RET_ALLOW
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))

static struct filter filter;

static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;
	for (size_t pc = 0; pc < filter.length; pc++) {
		const struct sock_filter *at = &filter.code[pc];
		switch (at->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + at->k, sizeof(a));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == at->k ? at->jt : at->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= at->k ? at->jt : at->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += (a & at->k) != 0 ? at->jt : at->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += at->k;
			break;
		case BPF_RET | BPF_K:
			return at->k;
		default:
			CHECK(false);
			return 0;
		}
	}
	CHECK(false);
	return 0;
}

static uint32_t judge(uint32_t number, uint64_t first)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = ARCH, .args = { first } };
	return run(&data);
}

static bool by_arguments(uint32_t number)
{
	return number == __NR_clone || number == __NR_clone3 || number == __NR_socket ||
	       number == __NR_personality;
}

static void test_every_number(void)
{
	struct syscall_set set;
	seccomp_table_allowed(&set);
	for (size_t i = 1; i < set.count; i++)
		CHECK(set.number[i - 1] < set.number[i]);
	CHECK(set.number[set.count - 1] <= seccomp_table_last_known);
	for (uint32_t number = 0; number < 1200; number++) {
		bool listed = false;
		for (size_t i = 0; i < set.count; i++)
			listed = listed || set.number[i] == number;
		if (by_arguments(number))
			CHECK(!listed);
		else if (number > seccomp_table_last_known)
			CHECK(judge(number, 0) == ERRNO(ENOSYS));
		else
			CHECK(judge(number, 0) == (listed ? ALLOWED : ERRNO(EPERM)));
	}
	CHECK(judge(0xffffffff, 0) == ERRNO(ENOSYS));
}

static void test_arguments(void)
{
	static const uint32_t spaces[] = { CLONE_NEWNS,	 CLONE_NEWCGROUP, CLONE_NEWUTS,
					   CLONE_NEWIPC, CLONE_NEWUSER,	  CLONE_NEWPID,
					   CLONE_NEWNET };
	CHECK(judge(__NR_clone, 0x11) == ALLOWED);
	CHECK(judge(__NR_clone, CLONE_VM | CLONE_THREAD) == ALLOWED);
	for (size_t i = 0; i < lengthof(spaces); i++)
		CHECK(judge(__NR_clone, spaces[i] | 0x11) == ERRNO(EPERM));
	CHECK(judge(__NR_clone3, 0) == ERRNO(ENOSYS));
	for (uint32_t family = 0; family < 60; family++)
		CHECK(judge(__NR_socket, family) ==
		      (family == 38 || family == 40 ? ERRNO(EPERM) : ALLOWED));
	CHECK(judge(__NR_personality, 0) == ALLOWED && judge(__NR_personality, 8) == ALLOWED);
	CHECK(judge(__NR_personality, 0x20000) == ALLOWED &&
	      judge(__NR_personality, 0x20008) == ALLOWED);
	CHECK(judge(__NR_personality, 0xffffffff) == ALLOWED);
	CHECK(judge(__NR_personality, 0x40000) == ERRNO(EPERM) &&
	      judge(__NR_personality, 1) == ERRNO(EPERM));
}

static void test_architectures(void)
{
	const struct seccomp_data other = { .nr = __NR_read, .arch = OTHER_ARCH };
	CHECK(run(&other) == SECCOMP_RET_KILL_PROCESS);
#if defined(__x86_64__)
	CHECK(judge(0x40000000, 0) == ERRNO(ENOSYS));
	CHECK(judge(0x40000000 | __NR_read, 0) == ERRNO(ENOSYS));
#endif
}

/* Every jump lands inside of the program. */
static void test_jumps(void)
{
	CHECK(filter.length <= BPF_MAXINSNS);
	for (size_t pc = 0; pc < filter.length; pc++) {
		const struct sock_filter *at = &filter.code[pc];
		if (BPF_CLASS(at->code) == BPF_JMP && at->code == (BPF_JMP | BPF_JA))
			CHECK(pc + 1 + at->k < filter.length);
		else if (BPF_CLASS(at->code) == BPF_JMP)
			CHECK(pc + 1 + at->jt < filter.length && pc + 1 + at->jf < filter.length);
	}
}

/* With traps: those calls wait for a supervisor, every other one is as it was. */
static void test_traps(void)
{
	static const struct trap_list traps = {
		.trap = { { __NR_getuid, TRAP_ALWAYS, 0, 0 },
			  { __NR_fchownat, TRAP_ALWAYS, 0, 0 },
			  { __NR_fchmod, TRAP_IF_BITS, 0, 6 },
			  { __NR_prctl, TRAP_IF_EQUAL, 0, 8 } },
		.count = 4,
	};
	static const struct trap_list none;
	uint32_t before[1200];
	CHECK(seccomp_build(&filter, &none) == 0);
	for (uint32_t number = 0; number < lengthof(before); number++)
		before[number] = judge(number, 1);
	CHECK(seccomp_build(&filter, &traps) == 0);
	test_jumps();
	for (uint32_t number = 0; number < lengthof(before); number++)
		CHECK(judge(number, 1) == (number == __NR_getuid || number == __NR_fchownat
						   ? SECCOMP_RET_USER_NOTIF
						   : before[number]));
	CHECK(judge(__NR_fchmod, 2) == SECCOMP_RET_USER_NOTIF);
	CHECK(judge(__NR_fchmod, 4 | 1) == SECCOMP_RET_USER_NOTIF);
	CHECK(judge(__NR_fchmod, 8) == ALLOWED);
	CHECK(judge(__NR_prctl, 8) == SECCOMP_RET_USER_NOTIF && judge(__NR_prctl, 12) == ALLOWED);
}

/* What the filter refuses cannot be made a trap, which a supervisor may answer with "perform". */
static void test_no_trap_for_what_is_refused(void)
{
	static const struct trap_list mount = { .trap = { { __NR_mount, TRAP_ALWAYS, 0, 0 } },
						.count = 1 };
	static const struct trap_list clone = { .trap = { { __NR_clone, TRAP_ALWAYS, 0, 0 } },
						.count = 1 };
	CHECK(seccomp_build(&filter, &mount) == -EINVAL);
	CHECK(seccomp_build(&filter, &clone) == -EINVAL);
}

int main(void)
{
	static const struct trap_list none;
	CHECK(seccomp_build(&filter, &none) == 0);
	test_every_number();
	test_arguments();
	test_architectures();
	test_jumps();
	test_traps();
	test_no_trap_for_what_is_refused();
	return unit_end("seccomp");
}
