// A step that starts processes without end is stopped by a bound that nobody has to ask for, on every rung, and
// everything of it is gone with the step.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { needsSteps } from '../support/hostile.ts';
import { ordinaryUser } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const PIDS = '/sys/fs/cgroup/pids';

/** Each process starts two, which do the same; the step ends when no more can be had, itself included. */
const BOMB = `${BUSYBOX}RUN (b() { b | b & }; b); sleep 2\n`;
const REFUSED = /^#4 [\d.]+ .*can't fork/m;

/** Every process of the machine that runs in a sandbox's bomb. */
function bombs(): string[] {
  return readdirSync('/proc').filter((pid) => {
    const path = `/proc/${pid}/cmdline`;
    if (!/^\d+$/.test(pid) || !existsSync(path)) return false;
    return spawnSync('cat', [path], { encoding: 'latin1' }).stdout.includes('b() { b | b & }; b');
  });
}

const args = (folder: string, ...more: string[]): string[] => [
  'build',
  '--progress=plain',
  '--pids-limit=100',
  ...more,
  folder,
];

test('as root', (context) => {
  needsSteps(context);
  requires(context, existsSync(PIDS) || existsSync('/sys/fs/cgroup/cgroup.controllers'), 'cgroups');
  const done = slipway(tmpDir(), args(busyboxContext(context, { Dockerfile: BOMB })));
  expect(done.stderr).toMatch(REFUSED);
  expect(bombs()).toEqual([]);
});

test('as an ordinary user, with sub-ids and without', (context) => {
  needsSteps(context);
  const user = ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  onTestFinished(() => user?.remove());
  const folder = busyboxContext(context, { Dockerfile: BOMB });
  for (const isolation of ['rootless', 'single-id']) {
    const own = user?.adopt(folder);
    const words = args(own?.folder ?? '', `--isolation=${isolation}`);
    const done = user?.slipway(own?.home ?? '', words);
    expect(done?.stderr).toMatch(REFUSED);
    expect(bombs()).toEqual([]);
  }
});

test('the bound is there without a wish, and goes with one', (context) => {
  needsSteps(context);
  const user = ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  onTestFinished(() => user?.remove());
  const Dockerfile = `${BUSYBOX}RUN grep processes /proc/self/limits\n`;
  const own = user?.adopt(busyboxContext(context, { Dockerfile }));
  const build = (...more: string[]) =>
    user?.slipway(own?.home ?? '', [
      'build',
      '--no-cache',
      '--progress=plain',
      ...more,
      own?.folder ?? '',
    ]);
  const most = Math.min(8192, Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) / 4);
  expect(build()?.stderr).toMatch(new RegExp(`Max processes +${most} +${most} `));
  expect(build('--pids-limit=-1')?.stderr).not.toMatch(new RegExp(`Max processes +${most} `));
});
