// Every system call of the kernel is one that the supervisor takes note of, one that the filter refuses, or
// one that takes no path: checked against the kernel's own table for each architecture.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { requires } from '../support/requires.ts';

const SOURCES = fileURLToPath(new URL('../../runner-native/src/', import.meta.url));

const TABLES = {
  'x86-64': ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'],
  arm64: [
    '/usr/aarch64-linux-gnu/include/asm-generic/unistd.h',
    '/usr/include/asm-generic/unistd.h',
  ],
};

/** What the filter allows and the supervisor need not see: a call on descriptors, memory, processes or time. */
const WITHOUT_PATHS = new Set(
  `
  accept accept4 adjtimex arch_prctl brk cachestat capget capset clock_adjtime
  clock_getres clock_gettime clock_nanosleep clone clone3 close close_range copy_file_range dup
  dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2
  epoll_wait epoll_wait_old eventfd eventfd2 exit exit_group fadvise64 fallocate fchdir fchmod
  fchown fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs
  fsync ftruncate futex futex_requeue futex_wait futex_waitv futex_wake get_robust_list
  get_thread_area getcpu getcwd getegid geteuid getgid getgroups getitimer getpeername getpgid
  getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid
  getsockname getsockopt gettid gettimeofday getuid inotify_init inotify_init1 inotify_rm_watch
  io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl ioprio_get ioprio_set
  landlock_add_rule landlock_create_ruleset landlock_restrict_self listen listmount lseek
  madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall
  mmap modify_ldt mprotect mq_getsetattr mq_open mq_timedreceive mq_timedsend
  mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep
  pause personality pidfd_open pipe pipe2 pkey_alloc pkey_free pkey_mprotect
  poll ppoll pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv
  process_vm_writev pselect6 pwrite64 pwritev pwritev2 read readahead readv recvfrom
  recvmmsg recvmsg remap_file_pages restart_syscall rseq rt_sigpending
  rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait
  sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
  sched_setscheduler sched_yield select semctl semget semop semtimedop sendfile set_robust_list
  set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setpgid
  setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid shmat
  shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socket socketpair splice statmount
  sync sync_file_range syncfs sysinfo tee time timer_delete timer_getoverrun
  timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times umask
  uname uretprobe vfork vmsplice wait4 waitid write writev
  `
    .trim()
    .split(/\s+/),
);

/** Calls that the headers of a supported distribution lack, as Linux 6.18 has them: from 451 on, the same on both. */
const NEWER = `
  cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr
  lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr
  file_setattr`
  .trim()
  .split(/\s+/);

/** Judged by their arguments in seccomp.c. */
const BY_ARGUMENTS = ['clone', 'clone3', 'personality', 'socket'];

const read = (name: string): string => readFileSync(join(SOURCES, name), 'utf8');

function callsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:__NR_|NR_)(\w+)/g)].map(([, name]) => (name ?? '').toLowerCase());
}

const table = read('seccomp_table.c');
const ALLOWED = new Set([
  ...callsIn(table.slice(table.indexOf('FILES[]'), table.indexOf('#define TABLE'))),
  ...BY_ARGUMENTS,
]);
const OBSERVED = new Set(
  readdirSync(SOURCES)
    .filter((name) => /^observe_\w+\.c$/.test(name))
    .flatMap((name) => callsIn(read(name))),
);

/** Calls that a step may make and nobody has said anything of. */
function unclassed(names: Iterable<string>): string[] {
  return [...names].filter(
    (name) => ALLOWED.has(name) && !OBSERVED.has(name) && !WITHOUT_PATHS.has(name),
  );
}

for (const [architecture, places] of Object.entries(TABLES))
  test(`every call of ${architecture} is observed, refused, or takes no path`, (context) => {
    const header = places.find((place) => existsSync(place));
    requires(context, header !== undefined, `the kernel's table of calls for ${architecture}`);
    const text = readFileSync(header ?? '', 'utf8');
    const names = [...text.matchAll(/^#define __NR(?:3264)?_(\w+)\s/gm)].map(
      ([, name]) => name ?? '',
    );
    expect(names.length).toBeGreaterThan(250);
    expect(unclassed(names)).toEqual([]);
  });

test('so is every newer one, and what is newer still is not there', () => {
  expect(unclassed(NEWER)).toEqual([]);
  const last = /last_known = (\d+)/.exec(table)?.[1];
  expect(Number(last)).toBe(450 + NEWER.length);
});

test('what the filter allows is one or the other, and nothing is both', () => {
  expect(unclassed(ALLOWED)).toEqual([]);
  expect([...WITHOUT_PATHS].filter((name) => OBSERVED.has(name) || !ALLOWED.has(name))).toEqual([]);
  expect([...OBSERVED].filter((name) => !ALLOWED.has(name))).toEqual([]);
});

test('a call that opens by handle, or works through a ring, is not allowed', () => {
  for (const name of [
    'open_by_handle_at',
    'io_uring_setup',
    'io_uring_enter',
    'mount',
    'unshare',
    'pidfd_getfd',
  ])
    expect(ALLOWED.has(name), name).toBe(false);
});
