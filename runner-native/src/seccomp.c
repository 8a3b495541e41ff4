/* Implementation of seccomp.h: from tables to BPF. Layout of the program:
 *   foreign architecture -> kill; x32 -> ENOSYS; the four calls judged by their arguments;
 *   the traps that depend on arguments; a binary search over the ranges of allowed numbers, those
 *   that are always traps among them, with EPERM for the gaps. */
#include "seccomp.h"

#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "the runner is written for x86-64 and arm64"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define X32_BIT 0x40000000
#define NEW_NAMESPACES                                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

#define ALLOW	       SECCOMP_RET_ALLOW
#define REFUSE(number) (SECCOMP_RET_ERRNO | (number))

static void emit(struct filter *filter, unsigned code, uint32_t k, unsigned if_true,
		 unsigned if_false)
{
	if (filter->length < lengthof(filter->code))
		filter->code[filter->length] =
			(struct sock_filter){ (uint16_t)code, (uint8_t)if_true, (uint8_t)if_false,
					      k };
	filter->length++;
}

static void emit_return(struct filter *filter, uint32_t action)
{
	emit(filter, BPF_RET | BPF_K, action, 0, 0);
}

static void emit_load(struct filter *filter, size_t offset)
{
	emit(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The low half of an argument: both architectures are little-endian. */
static void emit_load_argument(struct filter *filter, size_t index)
{
	emit_load(filter, offsetof(struct seccomp_data, args) + index * sizeof(uint64_t));
}

static uint32_t trap_action(const struct trap_list *traps)
{
	return traps->traced ? SECCOMP_RET_TRACE : SECCOMP_RET_USER_NOTIF;
}

/* Namespaces are made by nobody in a step, and under a tracer nobody gets out of its sight; the
 * flags of clone say it in the first argument. */
static void emit_clone(struct filter *filter, bool traced)
{
	const uint32_t refused = (uint32_t)NEW_NAMESPACES | (traced ? CLONE_UNTRACED : 0u);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4);
	emit_load_argument(filter, 0);
	emit(filter, BPF_JMP | BPF_JSET | BPF_K, refused, 0, 1);
	emit_return(filter, REFUSE(EPERM));
	emit_return(filter, ALLOW);
	/* clone3 hides its flags in memory; libraries fall back to clone. */
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1);
	emit_return(filter, REFUSE(ENOSYS));
}

/* AF_ALG (38) and AF_VSOCK (40) are refused: the kernel's crypto and the machine's hypervisor. */
static void emit_socket(struct filter *filter)
{
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 5);
	emit_load_argument(filter, 0);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 38, 1, 0);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 40, 0, 1);
	emit_return(filter, REFUSE(EPERM));
	emit_return(filter, ALLOW);
}

/* In a network namespace of its own a step would have loopback; here it has no address at all. */
static void emit_no_network(struct filter *filter)
{
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 4);
	emit_load_argument(filter, 0);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 1);
	emit_return(filter, ALLOW);
	emit_return(filter, REFUSE(EAFNOSUPPORT));
}

/* Others are those of whoever runs the step: it shares their process ids. */
static void emit_no_others(struct filter *filter)
{
	static const uint32_t refused[] = { __NR_ptrace, __NR_process_vm_readv,
					    __NR_process_vm_writev, __NR_pidfd_getfd, __NR_kcmp };
	for (size_t i = 0; i < lengthof(refused); i++) {
		emit(filter, BPF_JMP | BPF_JEQ | BPF_K, refused[i], 0, 1);
		emit_return(filter, REFUSE(EPERM));
	}
}

static void emit_personality(struct filter *filter)
{
	static const uint32_t allowed[] = { 0, 0x0008, 0x20000, 0x20008, 0xffffffff };
	const unsigned count = (unsigned)lengthof(allowed);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, __NR_personality, 0, count + 3);
	emit_load_argument(filter, 0);
	for (unsigned i = 0; i < count; i++)
		emit(filter, BPF_JMP | BPF_JEQ | BPF_K, allowed[i], count - i, 0);
	emit_return(filter, REFUSE(EPERM));
	emit_return(filter, ALLOW);
}

static void emit_trap(struct filter *filter, const struct trap *trap, uint32_t action)
{
	unsigned test = trap->when == TRAP_IF_BITS ? BPF_JSET : BPF_JEQ;
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, trap->number, 0, 4);
	emit_load_argument(filter, trap->arg);
	emit(filter, BPF_JMP | test | BPF_K, trap->value, 0, 1);
	emit_return(filter, action);
	emit_return(filter, ALLOW);
}

/* Numbers from `first` on get `action`, up to the next border. */
struct border {
	uint32_t first;
	uint32_t action;
};

static bool is_always_trap(const struct trap_list *traps, uint32_t number)
{
	for (size_t i = 0; i < traps->count; i++)
		if (traps->trap[i].number == number && traps->trap[i].when == TRAP_ALWAYS)
			return true;
	return false;
}

/* Turns the sorted numbers into borders of ranges; returns how many. */
static size_t find_borders(const struct syscall_set *set, const struct trap_list *traps,
			   struct border *borders)
{
	size_t count = 0;
	uint32_t next = 0; /* the first number of which nothing is said yet */
	for (size_t i = 0; i < set->count; i++) {
		uint32_t number = set->number[i];
		uint32_t action = is_always_trap(traps, number) ? trap_action(traps) : ALLOW;
		if (number != next)
			borders[count++] = (struct border){ next, REFUSE(EPERM) };
		if (number != next || count == 0 || borders[count - 1].action != action)
			borders[count++] = (struct border){ number, action };
		next = number + 1;
	}
	borders[count++] = (struct border){ next, REFUSE(EPERM) };
	borders[count++] = (struct border){ seccomp_table_last_known + 1, REFUSE(ENOSYS) };
	return count;
}

static bool is_listed(const struct syscall_set *set, uint32_t number)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->number[i] == number)
			return true;
	return false;
}

/* A binary search as code: the number is in the accumulator. Jumps over the left half are
 * unconditional ones, since a conditional jump reaches only 255 instructions far. */
static void emit_search(struct filter *filter, const struct border *borders, size_t count)
{
	if (count == 1) {
		emit_return(filter, borders[0].action);
		return;
	}
	size_t middle = count / 2;
	emit(filter, BPF_JMP | BPF_JGE | BPF_K, borders[middle].first, 0, 1);
	size_t jump = filter->length;
	emit(filter, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_search(filter, borders, middle);
	if (jump < lengthof(filter->code))
		filter->code[jump].k = (uint32_t)(filter->length - jump - 1);
	emit_search(filter, borders + middle, count - middle);
}

int seccomp_build(struct filter *filter, const struct trap_list *traps)
{
	struct syscall_set set = { .count = 0 };
	struct border borders[2 * lengthof(set.number) + 2];
	filter->length = 0;
	seccomp_table_allowed(&set);
	emit_load(filter, offsetof(struct seccomp_data, arch));
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
	emit_load(filter, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	emit(filter, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	emit_return(filter, REFUSE(ENOSYS));
#endif
	if ((traps->refused & SECCOMP_NO_NETWORK) != 0)
		emit_no_network(filter);
	if ((traps->refused & SECCOMP_NO_OTHERS) != 0)
		emit_no_others(filter);
	emit_clone(filter, traps->traced);
	emit_socket(filter);
	emit_personality(filter);
	for (size_t i = 0; i < traps->count; i++) {
		if (!is_listed(&set, traps->trap[i].number))
			return -EINVAL;
		if (traps->trap[i].when != TRAP_ALWAYS)
			emit_trap(filter, &traps->trap[i], trap_action(traps));
	}
	emit_search(filter, borders, find_borders(&set, traps, borders));
	return filter->length <= lengthof(filter->code) ? 0 : -E2BIG;
}

/* A signal that comes while the supervisor is at work must not start the call again: a file would
 * be made twice (a kernel before Linux 5.19 has no such flag, and few programs such signals). */
static int install(const struct sock_fprog *program, bool listens)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (!listens)
		return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
	int fd = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			      flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);
	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	return fd;
}

int seccomp_install(const struct trap_list *traps, struct err *err)
{
	struct filter filter;
	int rc = seccomp_build(&filter, traps);
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot build the seccomp filter");
	const struct sock_fprog program = { .len = (unsigned short)filter.length,
					    .filter = filter.code };
	rc = install(&program, traps->count > 0 && !traps->traced);
	if (rc < 0)
		return fail(err, "E_SANDBOX", errno, "cannot install the seccomp filter");
	return rc;
}
