// What a step can see and do: namespaces, capabilities, system calls, /proc, /sys, /dev.

import { readlinkSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';
import { requires } from '../support/requires.ts';

/** CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP */
const DOCKER_CAPS = '00000000a80425fb';
const NO_CAPS = '0000000000000000';

const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys'],
  ...['/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug'],
  ...['/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap'],
];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
const GUARDED = [
  ...MASKED.flatMap((path) => ['mask', path]),
  ...READ_ONLY.flatMap((path) => ['readonly-path', path]),
];

/** The columns of a line of /proc/self/status. */
function statusLines(output: string): Record<string, string> {
  return Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s+/) as [string, string]),
  );
}

/** Refused calls: number on x86-64, on arm64, arguments, and the answer. */
const REFUSED: readonly (readonly [string, number, number, readonly string[], string])[] = [
  ['unshare', 272, 97, ['0x10000000'], 'EPERM'],
  ['setns', 308, 268, ['0', '0'], 'EPERM'],
  ['mount', 165, 40, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['umount2', 166, 39, ['0', '0'], 'EPERM'],
  ['pivot_root', 155, 41, ['0', '0'], 'EPERM'],
  ['fsopen', 430, 430, ['0', '0'], 'EPERM'],
  ['open_tree', 428, 428, ['0', '0', '0'], 'EPERM'],
  ['move_mount', 429, 429, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['mount_setattr', 442, 442, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['keyctl', 250, 219, ['0', '-3', '0'], 'EPERM'],
  ['add_key', 248, 217, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['request_key', 249, 218, ['0', '0', '0', '0'], 'EPERM'],
  ['io_uring_setup', 425, 425, ['1', '0'], 'EPERM'],
  ['io_uring_enter', 426, 426, ['0', '0', '0', '0', '0', '0'], 'EPERM'],
  ['bpf', 321, 280, ['0', '0', '0'], 'EPERM'],
  ['userfaultfd', 323, 282, ['0'], 'EPERM'],
  ['perf_event_open', 298, 241, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['open_by_handle_at', 304, 265, ['0', '0', '0'], 'EPERM'],
  ['init_module', 175, 105, ['0', '0', '0'], 'EPERM'],
  ['kexec_load', 246, 104, ['0', '0', '0', '0'], 'EPERM'],
  ['reboot', 169, 142, ['0', '0', '0', '0'], 'EPERM'],
  ['clone with a user namespace', 56, 220, ['0x10000011', '0', '0', '0', '0'], 'EPERM'],
  ['clone with a mount namespace', 56, 220, ['0x00020011', '0', '0', '0', '0'], 'EPERM'],
  ['clone3', 435, 435, ['0', '0'], 'ENOSYS'],
  ['socket of AF_ALG', 41, 198, ['38', '5', '0'], 'EPERM'],
  ['socket of AF_VSOCK', 41, 198, ['40', '1', '0'], 'EPERM'],
  ['personality of another system', 135, 92, ['0x0400000'], 'EPERM'],
  ['a call that does not exist yet', 900, 900, [], 'ENOSYS'],
];

describe.each(RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);
  const x86 = process.arch === 'x64';

  test('root has exactly the capabilities that Docker gives', async (context) => {
    bench.need(context);
    const status = statusLines(await bench.output({ args: ['/probe', 'status', 'Cap'] }));
    expect(status).toEqual({
      CapInh: NO_CAPS,
      CapPrm: DOCKER_CAPS,
      CapEff: DOCKER_CAPS,
      CapBnd: DOCKER_CAPS,
      CapAmb: NO_CAPS,
    });
  });

  test('another user has none, within the same bounding set', async (context) => {
    bench.need(context);
    const step = { args: ['/probe', 'status', 'Cap'], words: ['user', '7:8'] };
    // Where there is one id, a user is only what the process believes to be: the kernel knows one.
    const caps = rung === 'single-id' ? DOCKER_CAPS : NO_CAPS;
    expect(statusLines(await bench.output(step))).toEqual({
      CapInh: NO_CAPS,
      CapPrm: caps,
      CapEff: caps,
      CapBnd: DOCKER_CAPS,
      CapAmb: NO_CAPS,
    });
  });

  test('a filter is installed without no_new_privs, and seccomp none installs none', async (context) => {
    bench.need(context);
    const args = ['/probe', 'all', 'status', 'NoNewPrivs', ',', 'status', 'Seccomp:'];
    expect(await bench.output({ args })).toBe('NoNewPrivs:\t0\nSeccomp:\t2\n');
    if (rung === 'single-id') {
      const refused = await bench.run({ args, words: ['seccomp', 'none'] });
      expect(refused.event('error')).toMatchObject({
        code: 'E_RUNNER_WORDS',
        message: '"single-id" needs the seccomp filter and the default capabilities',
      });
      return;
    }
    const open = await bench.output({ args, words: ['seccomp', 'none'] });
    expect(open).toBe('NoNewPrivs:\t0\nSeccomp:\t0\n');
  });

  test.for(REFUSED)('%s is refused', async ([, amd64, arm64, values, answer], context) => {
    bench.need(context);
    const number = `${x86 ? amd64 : arm64}`;
    const result = await bench.run({ args: ['/probe', 'syscall', number, ...values] });
    expect(result.stdout.toString()).toBe(`${answer}\n`);
  });

  test.for([
    ['getpid', 39, 172, []],
    ['personality of Linux', 135, 92, ['0']],
    ['socket of AF_UNIX', 41, 198, ['1', '1', '0']],
    ['clone of a process', 56, 220, ['0x11', '0', '0', '0', '0']],
    ['memfd_secret or its absence', 447, 447, ['0']],
  ] as const)('%s is allowed', async ([, amd64, arm64, values], context) => {
    bench.need(context);
    const number = `${x86 ? amd64 : arm64}`;
    const result = await bench.run({ args: ['/probe', 'syscall', number, ...values] });
    expect(result.stdout.toString()).not.toMatch(/EPERM/);
    expect(result.event('exit')?.signal).toBeNull();
  });

  test('x32 calls are ENOSYS and i386 calls kill', async (context) => {
    bench.need(context);
    requires(context, x86, 'an x86-64 processor');
    const x32 = await bench.run({ args: ['/probe', 'syscall', '0x40000027'] });
    expect(x32.stdout.toString()).toBe('ENOSYS\n');
    const i386 = await bench.run({ args: ['/probe', 'compat'] });
    expect(i386.event('exit')).toMatchObject({ code: 159, signal: 'SIGSYS' });
  });

  test('no descriptor but 0, 1 and 2 is open', async (context) => {
    bench.need(context);
    expect(await bench.output({ args: ['/probe', 'fds'] })).toBe('0\n1\n2\n');
  });

  test('no signal is blocked or ignored', async (context) => {
    bench.need(context);
    const args = ['/probe', 'all', 'status', 'SigBlk', ',', 'status', 'SigIgn'];
    const none = '0000000000000000';
    expect(await bench.output({ args })).toBe(`SigBlk:\t${none}\nSigIgn:\t${none}\n`);
  });

  test('only the step and its pid 1 can be seen, and pid 1 cannot be looked into', async (context) => {
    bench.need(context);
    const list = await bench.output({ args: ['/probe', 'ls', '/proc'] });
    expect(list.split('\n').filter((name) => /^\d+$/.test(name))).toEqual(['1', '2']);
    for (const path of ['/proc/1/exe', '/proc/1/root', '/proc/1/cwd', '/proc/1/fd/4']) {
      const result = await bench.run({ args: ['/probe', 'readlink', path] });
      expect(`${path} ${result.stdout}`).toBe(`${path} EACCES\n`);
    }
    const memory = await bench.run({ args: ['/probe', 'open', '/proc/1/mem', 'r'] });
    expect(memory.stdout.toString()).toBe('EACCES\n');
  });

  test('every namespace is its own', async (context) => {
    bench.need(context);
    for (const name of ['mnt', 'pid', 'ipc', 'uts', 'cgroup', 'net']) {
      const inside = await bench.output({ args: ['/probe', 'readlink', `/proc/self/ns/${name}`] });
      expect(inside.trim()).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
    }
  });

  test('without network there is loopback only; with the host network there is the host', async (context) => {
    bench.need(context);
    const server = createServer((socket) => socket.destroy());
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    try {
      const args = ['/probe', 'connect', '127.0.0.1', `${port}`];
      const alone = await bench.run({ args });
      expect(alone.stdout.toString()).toBe('ECONNREFUSED\n');
      const outside = await bench.run({ args: ['/probe', 'connect', '192.0.2.1', '80'] });
      expect(outside.stdout.toString()).toBe('ENETUNREACH\n');
      const shared = await bench.run({ args, words: ['network', 'host'] });
      expect(shared.event('exit')?.code).toBe(0);
    } finally {
      server.close();
    }
  });

  test('masked paths show nothing', async (context) => {
    bench.need(context);
    for (const path of MASKED) {
      const args = ['/probe', 'stat', path];
      const [before, after] = [
        await bench.run({ args }),
        await bench.run({ args, words: GUARDED }),
      ];
      if (before.event('exit')?.code !== 0) continue;
      const isDir = before.stdout.toString().startsWith('4');
      if (isDir)
        expect(await bench.output({ args: ['/probe', 'ls', path], words: GUARDED })).toBe('');
      else expect(after.stdout.toString()).toMatch(/^20666 \S+ 0 1:3\n$/);
    }
  });

  test('the kernel cannot be configured', async (context) => {
    bench.need(context);
    for (const path of [
      '/proc/sys/kernel/hostname',
      '/proc/sysrq-trigger',
      '/proc/irq/default_smp_affinity',
    ]) {
      const result = await bench.run({ args: ['/probe', 'open', path, 'w'], words: GUARDED });
      expect(`${path} ${result.stdout}`).toMatch(/ (EROFS|EACCES|ENOENT)\n$/);
    }
    const sys = await bench.run({ args: ['/probe', 'mkdir', '/sys/x'] });
    expect(sys.stdout.toString()).toMatch(/^(EROFS|EPERM|EACCES)\n$/);
    const uevent = await bench.run({ args: ['/probe', 'open', '/sys/kernel/uevent_helper', 'w'] });
    expect(uevent.stdout.toString()).toMatch(/^(EROFS|EACCES|ENOENT)\n$/);
  });

  test('/dev has the harmless devices and nothing else', async (context) => {
    bench.need(context);
    const names = (await bench.output({ args: ['/probe', 'ls', '/dev'] })).trim().split('\n');
    expect(names.filter((name) => name !== 'mqueue')).toEqual(
      'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '),
    );
    const devices = {
      null: '1:3',
      zero: '1:5',
      full: '1:7',
      random: '1:8',
      urandom: '1:9',
      tty: '5:0',
    };
    for (const [name, number] of Object.entries(devices)) {
      const stat = await bench.output({ args: ['/probe', 'stat', `/dev/${name}`] });
      expect(stat.trim().split(' ')).toEqual(['20666', expect.anything(), '0', number]);
    }
    expect(await bench.output({ args: ['/probe', 'write', '/dev/null', 'x'] })).toBe('');
    expect(await bench.output({ args: ['/probe', 'write', '/dev/shm/x', 'x'] })).toBe('');
    expect(await bench.output({ args: ['/probe', 'ls', '/dev/pts'] })).toBe('ptmx\n');
  });

  test('no device that the step makes can be opened', async (context) => {
    bench.need(context);
    // The zero device stands for the disk: what matters is that a node is no way to a device.
    for (const path of ['/zero', '/dev/own', '/dev/shm/own', '/tmp/own']) {
      const args = ['/probe', 'all', 'mknod', path, 'c', '1', '5', ',', 'open', path, 'w'];
      const result = await bench.run({ args, words: ['tmpfs', '/tmp', '0', '1777'] });
      const answer = rung === 'rootless' ? 'EPERM' : 'EACCES';
      expect(`${path} ${result.stdout}`).toBe(`${path} ${answer}\n`);
    }
  });

  test('permissions of the devices of the machine cannot be changed', async (context) => {
    bench.need(context);
    const before = statSync('/dev/null').mode;
    for (const path of ['/dev/null', '/dev/stdin', '/proc/kcore']) {
      await bench.run({ args: ['/probe', 'chmod', path, '644'], words: ['mask', '/proc/kcore'] });
      expect(`${path} ${statSync('/dev/null').mode}`).toBe(`${path} ${before}`);
    }
  });
});
