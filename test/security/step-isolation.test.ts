// What a step, which is root, can reach of the machine that builds: nothing of slipway's environment,
// descriptors, processes or store, and nothing that configures the kernel.

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { buildIn, buildOnHostile, needsSteps } from '../support/hostile.ts';
import { contextOf, slipway, startSlipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

function shown(stderr: string): string[] {
  return [...stderr.matchAll(/^#\d+ [\d.]+ (.*)$/gm)].map(([, line = '']) => line);
}

test('its environment and its descriptors are its own', (context) => {
  needsSteps(context);
  const home = tmpDir();
  buildOnHostile({ home, dockerfile: 'RUN true\n' });
  const folder = contextOf({
    Dockerfile:
      'FROM base:1\nRUN env | sort && ls /proc/self/fd && cat /proc/1/environ | tr "\\0" "\\n"\n',
  });
  const { stderr } = slipway(home, ['build', '--progress=plain', folder], {
    LEAKED: 'leaked-value',
  });
  const lines = shown(stderr);
  const names = lines.filter((line) => line.includes('=')).map((line) => line.split('=')[0]);
  // ls itself opens 3: the folder that it lists.
  expect(lines.filter((line) => /^\d+$/.test(line))).toEqual(['0', '1', '2', '3']);
  expect(names).toEqual(['HOME', 'PATH', 'PWD', 'SHLVL']);
  expect(stderr).not.toContain('leaked-value');
});

test('it sees no process, file or store of the machine, and traces none', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const { status, stderr } = buildOnHostile({
    home,
    dockerfile: `RUN set -- /proc/[0-9]*; echo $# ; test ! -e ${home} ; test ! -e /proc/1/root/home ; cat /proc/1/mem ; readlink /proc/1/exe ; ls /proc/1/root/ ; ls -d /proc/1/cwd/*; chroot /proc/1/root ls; true
`,
  });
  expect(status, stderr).toBe(0);
  // pid 1 and sh; of the rest nothing but refusals.
  const rest = shown(stderr).filter((line) => !/denied|can't|cannot/i.test(line));
  expect(rest).toEqual(['2']);
});

test('it cannot configure the kernel, the devices or the control groups', (context) => {
  needsSteps(context);
  const writes = [
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/kernel/hostname',
    '/proc/sysrq-trigger',
    '/proc/irq/default_smp_affinity',
    '/sys/kernel/uevent_helper',
    '/sys/fs/cgroup/cgroup.procs',
    '/sys/fs/cgroup/new/cgroup.procs',
  ];
  const tries = writes.map((path) => `(echo 0 > ${path}) 2>&1 && echo WROTE ${path}`);
  const { stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: `RUN ${tries.join('; ')}; mkdir /sys/fs/cgroup/new && echo WROTE; mount -t cgroup2 x /mnt && echo WROTE; mount -o remount,rw /proc/sys && echo WROTE; umount /proc/sys && echo WROTE; mknod /d b 254 0 && head -c 1 /d && echo WROTE; true
`,
  });
  expect(shown(stderr).filter((line) => line.startsWith('WROTE'))).toEqual([]);
  expect(shown(stderr).length).toBeGreaterThanOrEqual(writes.length);
});

test('what the field hides of /proc and /sys is hidden', (context) => {
  needsSteps(context);
  const files = ['acpi', 'asound', 'interrupts', 'kcore', 'keys', 'latency_stats', 'timer_list'];
  const masked = [
    ...[...files, 'timer_stats', 'sched_debug', 'scsi'].map((name) => `/proc/${name}`),
    ...['/sys/firmware', '/sys/devices/virtual/powercap'],
  ];
  const here = masked.filter((path) => existsSync(path));
  const { status, stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: `RUN for path in ${here.join(' ')}; do if [ -d $path ]; then ls -A $path | sed "s:^:SEEN $path/:"; else stat -c "%n %F %t:%T" $path; fi; done\n`,
  });
  expect(status, stderr).toBe(0);
  const isNull = (path: string): string => `${path} character special file 1:3`;
  const hidden = here.filter((path) => !statSync(path).isDirectory()).map(isNull);
  expect(hidden).not.toEqual([]);
  expect(shown(stderr)).toEqual(hidden);
});

test('what configures the machine through /proc is read-only', (context) => {
  needsSteps(context);
  const { stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: `RUN awk '$3 == "proc" && $4 ~ /^ro,/ { print $2 }' /proc/self/mounts\n`,
  });
  const names = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'];
  const here = names.map((name) => `/proc/${name}`).filter((path) => existsSync(path));
  expect(shown(stderr)).toEqual(expect.arrayContaining(here));
});

test('kill -9 -1 ends its own processes and no other', (context) => {
  needsSteps(context);
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void bystander.kill());
  const { status, stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: 'RUN sleep 60 & kill -9 -1; echo alive\n',
  });
  expect(stderr).toMatch(/^#\d+ [\d.]+ alive$/m);
  expect(status).toBe(0);
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test('two steps that run at once do not see each other', async (context) => {
  needsSteps(context);
  const home = tmpDir();
  buildOnHostile({ home, dockerfile: 'RUN true\n' });
  const waiting = startSlipway(home, [
    'build',
    contextOf({ Dockerfile: 'FROM base:1\nRUN exec sleep 77\n' }),
  ]);
  onTestFinished(() => void waiting.kill('SIGKILL'));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { stderr } = buildIn(home, {
    Dockerfile:
      'FROM base:1\nRUN ps -o args | grep -c "sleep 7[7]"; kill -9 -1 2>/dev/null; true\n',
  });
  expect(shown(stderr)).toEqual(['0']);
  expect(waiting.exitCode).toBeNull();
});
