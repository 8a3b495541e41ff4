// Rung chroot has no namespaces: what keeps a step in its root, and what of it outlives it, is up to capabilities, the
// filter, and the runner. A root that leads elsewhere, and processes that run away, are what an attacker would try.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useBench } from '../support/bench.ts';
import { requires } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DEVICES = '/sys/fs/cgroup/devices';

/** Refused calls: number on x86-64, on arm64, arguments, and the answer. */
const REFUSED: readonly (readonly [string, number, number, readonly string[], string])[] = [
  ['ptrace', 101, 117, ['16', '1', '0', '0'], 'EPERM'],
  ['process_vm_readv', 310, 270, ['1', '0', '0', '0', '0', '0'], 'EPERM'],
  ['process_vm_writev', 311, 271, ['1', '0', '0', '0', '0', '0'], 'EPERM'],
  ['pidfd_getfd', 438, 438, ['0', '0', '0'], 'EPERM'],
  ['unshare of a mount namespace', 272, 97, ['0x20000'], 'EPERM'],
  ['mount', 165, 40, ['0', '0', '0', '0', '0'], 'EPERM'],
  ['open_by_handle_at', 304, 265, ['0', '0', '0'], 'EPERM'],
];

describe('a step in a changed root', () => {
  const bench = useBench('chroot');

  test.for(REFUSED)('cannot have %s', async ([, amd64, arm64, values, answer], context) => {
    bench.need(context);
    const number = `${process.arch === 'x64' ? amd64 : arm64}`;
    const result = await bench.run({ args: ['/probe', 'syscall', number, ...values] });
    expect(result.stdout.toString()).toBe(`${answer}\n`);
  });

  test('without network no socket has an address, and with it one has', async (context) => {
    bench.need(context);
    const call = (family: string) => [
      '/probe',
      'syscall',
      process.arch === 'x64' ? '41' : '198',
      family,
      '1',
      '0',
    ];
    for (const family of ['2', '10', '16', '17']) {
      const alone = await bench.run({ args: call(family) });
      expect(`${family} ${alone.stdout}`).toBe(`${family} EAFNOSUPPORT\n`);
    }
    expect((await bench.run({ args: call('1') })).stdout.toString()).not.toContain('E');
    const joined = await bench.run({ args: call('2'), words: ['network', 'host'] });
    expect(joined.stdout.toString()).not.toContain('E');
  });

  test('makes device nodes only where a control group keeps them from being opened', async (context) => {
    bench.need(context);
    const args = ['/probe', 'mknod', '/disk', 'b', '7', '0'];
    expect((await bench.run({ args })).stdout.toString()).toBe('EPERM\n');
    requires(context, readdirOf(DEVICES).includes('devices.deny'), 'a devices control group');
    const group = join(DEVICES, `slipway-test-${process.pid}`);
    mkdirSync(group);
    onTestFinished(() => rmdirSync(group));
    writeFileSync(join(group, 'devices.deny'), 'a');
    for (const rule of ['c *:* m', 'b *:* m', 'c 1:3 rwm', 'c 1:5 rwm'])
      writeFileSync(join(group, 'devices.allow'), rule);
    const words = ['cgroup', group];
    const made = await bench.run({ args, words });
    expect(readdirOf(made.upper)).toContain('disk');
    const both = ['/probe', 'all', ...args.slice(1), ',', 'open', '/disk', 'r'];
    expect((await bench.run({ args: both, words })).stdout.toString()).toBe('EPERM\n');
  });
});

function readdirOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function build(folder: string, ...more: string[]) {
  return slipway(tmpDir(), ['build', '-q', '--isolation=chroot', ...more, folder]);
}

test('a step cannot change its root a second time, which is the way out of the first', (context) => {
  const step = "! chroot / true 2> /why && grep -q 'not permitted' /why";
  expect(build(busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN ${step}\n` }))).toMatchObject({
    status: 0,
    stderr: '',
  });
});

test('a file that a user of the step holds open to read is not opened to write by the supervisor, which is root', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN echo own > /of-root
USER 1000:1000
RUN exec 3< /of-root; for name in /dev/fd/3 /proc/self/fd/3; do (echo forged >> $name) && exit 1; cat $name; done; true
USER 0
RUN test "$(cat /of-root)" = own
`,
  });
  expect(build(folder)).toMatchObject({ status: 0, stderr: '' });
});

test('a folder that the step makes a link to one of the machine is not followed when mounts are taken out', (context) => {
  const outside = tmpDir();
  for (const name of ['hosts', 'resolv.conf', 'key']) writeFileSync(join(outside, name), 'theirs');
  const step = `mkdir -p /etc && mv /etc /old && ln -s ${outside} /etc`;
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN mkdir -p /etc && touch /etc/hosts
RUN --mount=type=secret,id=s,target=/etc/key ${step}
RUN --mount=type=cache,target=/d/c rm -rf /d/c/x && mv /d /e && ln -s ${outside} /d
`,
  });
  const secret = join(tmpDir(), 's');
  writeFileSync(secret, 'hush');
  const built = build(folder, '--secret', `id=s,src=${secret}`);
  expect(built).toMatchObject({ status: 0, stderr: '' });
  expect(readdirSync(outside).sort()).toEqual(['hosts', 'key', 'resolv.conf']);
  for (const name of readdirSync(outside))
    expect(readFileSync(join(outside, name), 'utf8')).toBe('theirs');
});

test('a step that kills its first process leaves none behind', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN (setsid sleep 1000.${process.pid} &); kill -9 $PPID; sleep 1000\n`,
  });
  expect(build(folder)).toMatchObject({ status: 1 });
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
  expect(lines.filter((line) => line.includes(`1000.${process.pid}`))).toEqual([]);
});
