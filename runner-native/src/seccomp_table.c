/* The tables behind seccomp.h, one for each purpose: everything that a step may call whatever
 * the arguments are. Not here, so refused: mounts, namespaces, modules, keys, bpf, io_uring,
 * userfaultfd, perf, open_by_handle_at, kexec, reboot, swap, quota, clocks set, raw I/O. clone,
 * clone3, socket and personality are judged by their arguments in seccomp.c. */
#include "seccomp.h"

#include <asm/unistd.h>

/* Calls newer than the kernel headers of a supported distribution; the same number everywhere. */
#ifndef __NR_cachestat
#define __NR_cachestat 451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_map_shadow_stack
#define __NR_map_shadow_stack 453
#endif
#ifndef __NR_futex_wake
#define __NR_futex_wake 454
#endif
#ifndef __NR_futex_wait
#define __NR_futex_wait 455
#endif
#ifndef __NR_futex_requeue
#define __NR_futex_requeue 456
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#endif
#ifndef __NR_listmount
#define __NR_listmount 458
#endif
#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif
#ifndef __NR_getxattrat
#define __NR_getxattrat 464
#endif
#ifndef __NR_listxattrat
#define __NR_listxattrat 465
#endif
#ifndef __NR_removexattrat
#define __NR_removexattrat 466
#endif
#if defined(__x86_64__) && !defined(__NR_uretprobe)
#define __NR_uretprobe 335
#endif

const uint32_t seccomp_table_last_known = 469; /* file_setattr */

/* clang-format off */

/* Files and folders. */
static const uint32_t FILES[] = {
	__NR_cachestat, __NR_chdir, __NR_chroot, __NR_close, __NR_close_range, __NR_copy_file_range,
	__NR_dup, __NR_dup3, __NR_faccessat, __NR_faccessat2, __NR_fadvise64, __NR_fallocate,
	__NR_fchdir, __NR_fchmod, __NR_fchmodat, __NR_fchmodat2, __NR_fchown, __NR_fchownat,
	__NR_fcntl, __NR_fdatasync, __NR_flock, __NR_fstat, __NR_fstatfs, __NR_fsync,
	__NR_ftruncate, __NR_getcwd, __NR_getdents64, __NR_ioctl, __NR_linkat, __NR_listmount,
	__NR_lseek, __NR_mkdirat, __NR_mknodat, __NR_name_to_handle_at, __NR_newfstatat,
	__NR_openat, __NR_openat2, __NR_pread64, __NR_preadv, __NR_preadv2, __NR_pwrite64,
	__NR_pwritev, __NR_pwritev2, __NR_read, __NR_readahead, __NR_readlinkat, __NR_readv,
	__NR_renameat, __NR_renameat2, __NR_sendfile, __NR_splice, __NR_statfs, __NR_statmount,
	__NR_statx, __NR_symlinkat, __NR_sync, __NR_sync_file_range, __NR_syncfs, __NR_tee,
	__NR_truncate, __NR_umask, __NR_unlinkat, __NR_utimensat, __NR_vmsplice, __NR_write,
	__NR_writev,
#if defined(__x86_64__)
	__NR_access, __NR_chmod, __NR_chown, __NR_creat, __NR_dup2, __NR_futimesat, __NR_getdents,
	__NR_lchown, __NR_link, __NR_lstat, __NR_mkdir, __NR_mknod, __NR_open, __NR_readlink,
	__NR_rename, __NR_rmdir, __NR_stat, __NR_symlink, __NR_unlink, __NR_utime, __NR_utimes,
#endif
};

/* Extended attributes. */
static const uint32_t ATTRIBUTES[] = {
	__NR_fgetxattr, __NR_flistxattr, __NR_fremovexattr, __NR_fsetxattr, __NR_getxattr,
	__NR_getxattrat, __NR_lgetxattr, __NR_listxattr, __NR_listxattrat, __NR_llistxattr,
	__NR_lremovexattr, __NR_lsetxattr, __NR_removexattr, __NR_removexattrat, __NR_setxattr,
	__NR_setxattrat,
};

/* Waiting for something, and queues of work but io_uring. */
static const uint32_t WAITING[] = {
	__NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, __NR_epoll_pwait2, __NR_eventfd2,
	__NR_fanotify_mark, __NR_inotify_add_watch, __NR_inotify_init1, __NR_inotify_rm_watch,
	__NR_io_cancel, __NR_io_destroy, __NR_io_getevents, __NR_io_pgetevents, __NR_io_setup,
	__NR_io_submit, __NR_pipe2, __NR_ppoll, __NR_pselect6, __NR_signalfd4, __NR_timerfd_create,
	__NR_timerfd_gettime, __NR_timerfd_settime,
#if defined(__x86_64__)
	__NR_epoll_create, __NR_epoll_ctl_old, __NR_epoll_wait, __NR_epoll_wait_old, __NR_eventfd,
	__NR_inotify_init, __NR_pipe, __NR_poll, __NR_select, __NR_signalfd,
#endif
};

/* Memory. */
static const uint32_t MEMORY[] = {
	__NR_brk, __NR_madvise, __NR_map_shadow_stack, __NR_membarrier, __NR_memfd_create,
	__NR_memfd_secret, __NR_mincore, __NR_mlock, __NR_mlock2, __NR_mlockall, __NR_mmap,
	__NR_mprotect, __NR_mremap, __NR_mseal, __NR_msync, __NR_munlock, __NR_munlockall,
	__NR_munmap, __NR_pkey_alloc, __NR_pkey_free, __NR_pkey_mprotect, __NR_process_mrelease,
	__NR_remap_file_pages,
};

/* Processes, their limits and scheduling; ptrace is safe since Linux 4.8 (it cannot pass a filter).
 */
static const uint32_t PROCESSES[] = {
	__NR_execve, __NR_execveat, __NR_exit, __NR_exit_group, __NR_get_robust_list, __NR_getcpu,
	__NR_getpgid, __NR_getpid, __NR_getppid, __NR_getpriority, __NR_getrlimit, __NR_getrusage,
	__NR_getsid, __NR_gettid, __NR_ioprio_get, __NR_ioprio_set, __NR_pidfd_open,
	__NR_pidfd_send_signal, __NR_prctl, __NR_prlimit64, __NR_process_vm_readv,
	__NR_process_vm_writev, __NR_ptrace, __NR_rseq, __NR_sched_get_priority_max,
	__NR_sched_get_priority_min, __NR_sched_getaffinity, __NR_sched_getattr,
	__NR_sched_getparam, __NR_sched_getscheduler, __NR_sched_rr_get_interval,
	__NR_sched_setaffinity, __NR_sched_setattr, __NR_sched_setparam, __NR_sched_setscheduler,
	__NR_sched_yield, __NR_set_robust_list, __NR_set_tid_address, __NR_setpgid,
	__NR_setpriority, __NR_setrlimit, __NR_setsid, __NR_times, __NR_wait4, __NR_waitid,
#if defined(__x86_64__)
	__NR_fork, __NR_getpgrp, __NR_uretprobe, __NR_vfork,
#endif
};

/* Threads. */
static const uint32_t THREADS[] = {
	__NR_futex, __NR_futex_requeue, __NR_futex_wait, __NR_futex_waitv, __NR_futex_wake,
#if defined(__x86_64__)
	__NR_get_thread_area, __NR_set_thread_area,
#endif
};

/* Signals and alarms. */
static const uint32_t SIGNALS[] = {
	__NR_getitimer, __NR_kill, __NR_restart_syscall, __NR_rt_sigaction, __NR_rt_sigpending,
	__NR_rt_sigprocmask, __NR_rt_sigqueueinfo, __NR_rt_sigreturn, __NR_rt_sigsuspend,
	__NR_rt_sigtimedwait, __NR_rt_tgsigqueueinfo, __NR_setitimer, __NR_sigaltstack, __NR_tgkill,
	__NR_tkill,
#if defined(__x86_64__)
	__NR_alarm, __NR_pause,
#endif
};

/* Users, groups, capabilities: what they may do is decided by the bounding set. */
static const uint32_t IDENTITY[] = {
	__NR_capget, __NR_capset, __NR_getegid, __NR_geteuid, __NR_getgid, __NR_getgroups,
	__NR_getresgid, __NR_getresuid, __NR_getuid, __NR_setfsgid, __NR_setfsuid, __NR_setgid,
	__NR_setgroups, __NR_setregid, __NR_setresgid, __NR_setresuid, __NR_setreuid, __NR_setuid,
};

/* Sockets; socket() itself is judged by its family. */
static const uint32_t SOCKETS[] = {
	__NR_accept, __NR_accept4, __NR_bind, __NR_connect, __NR_getpeername, __NR_getsockname,
	__NR_getsockopt, __NR_listen, __NR_recvfrom, __NR_recvmmsg, __NR_recvmsg, __NR_sendmmsg,
	__NR_sendmsg, __NR_sendto, __NR_setsockopt, __NR_shutdown, __NR_socketpair,
};

/* System V and POSIX messages. */
static const uint32_t IPC[] = {
	__NR_mq_getsetattr, __NR_mq_notify, __NR_mq_open, __NR_mq_timedreceive, __NR_mq_timedsend,
	__NR_mq_unlink, __NR_msgctl, __NR_msgget, __NR_msgrcv, __NR_msgsnd, __NR_semctl,
	__NR_semget, __NR_semop, __NR_semtimedop, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_shmget,
};

/* Clocks (setting one needs a capability that a step lacks). */
static const uint32_t CLOCKS[] = {
	__NR_adjtimex, __NR_clock_adjtime, __NR_clock_getres, __NR_clock_gettime,
	__NR_clock_nanosleep, __NR_gettimeofday, __NR_nanosleep, __NR_timer_create,
	__NR_timer_delete, __NR_timer_getoverrun, __NR_timer_gettime, __NR_timer_settime,
#if defined(__x86_64__)
	__NR_time,
#endif
};

/* What a program does to confine itself further. */
static const uint32_t CONFINEMENT[] = {
	__NR_landlock_add_rule, __NR_landlock_create_ruleset, __NR_landlock_restrict_self,
	__NR_seccomp,
};

/* The machine. */
static const uint32_t MACHINE[] = {
	__NR_getrandom, __NR_sysinfo, __NR_uname,
#if defined(__x86_64__)
	__NR_arch_prctl, __NR_modify_ldt,
#endif
};

/* clang-format on */

#define TABLE(name)                                                                                \
	{                                                                                          \
		name, lengthof(name)                                                               \
	}

static int ascending(const void *left, const void *right)
{
	const uint32_t *a = left;
	const uint32_t *b = right;
	return (*a > *b) - (*a < *b);
}

void seccomp_table_allowed(struct syscall_set *set)
{
	static const struct {
		const uint32_t *number;
		size_t count;
	} tables[] = {
		TABLE(FILES),	  TABLE(ATTRIBUTES), TABLE(WAITING), TABLE(MEMORY),
		TABLE(PROCESSES), TABLE(THREADS),    TABLE(SIGNALS), TABLE(IDENTITY),
		TABLE(SOCKETS),	  TABLE(IPC),	     TABLE(CLOCKS),  TABLE(CONFINEMENT),
		TABLE(MACHINE),
	};
	set->count = 0;
	for (size_t i = 0; i < lengthof(tables); i++)
		for (size_t k = 0; k < tables[i].count && set->count < lengthof(set->number); k++)
			set->number[set->count++] = tables[i].number[k];
	qsort(set->number, set->count, sizeof(set->number[0]), ascending);
}
