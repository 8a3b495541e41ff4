// What a step in a changed root, where no /proc is mounted, sees of itself under the names of /proc and /dev.

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { useBench } from '../support/bench.ts';

const bench = useBench('chroot');

beforeEach((context) => bench.need(context));

const USERS = [
  ['root', []],
  ['another user', ['user', '1000:1000']],
] as const;

test.for(USERS)('its program, its status and its memory, by %s', async ([, words], _context) => {
  const args = ['readlink', '/proc/self/exe', ',', 'cat', '/proc/self/status', ',', 'cat'];
  const said = await bench.output({ args: ['/probe', 'all', ...args, '/proc/self/maps'], words });
  expect(said).toMatch(/^\/probe\nName:\tprobe\n/);
  expect(said).toMatch(/ r-xp .* \/probe$/m);
});

test.for(USERS)(
  'its output by name, also by a link of the image, by %s',
  async ([, words], _context) => {
    const fill = (lower: string): void => symlinkSync('/dev/stdout', join(lower, 'log'));
    const written = [
      '/dev/stdout',
      '/dev/fd/1',
      '/proc/self/fd/1',
      '/proc/thread-self/fd/1',
      '/log',
    ];
    const args = written.flatMap((path) => [',', 'write', path, `${path}\n`]).slice(1);
    const said = await bench.output({ args: ['/probe', 'all', ...args], words, fill });
    expect(said.split('\n')).toEqual([...written, '']);
  },
);

test('that it is there, and that a link is one', async () => {
  const looks = ['stat', '/proc/self/exe', ',', 'access', '/proc/self/maps', '4', ',', 'access'];
  const said = await bench.output({ args: ['/probe', 'all', ...looks, '/dev/fd/0', '4'] });
  expect(said).toMatch(/^120777 0:0 /);
});

test.each([
  '/proc/self',
  '/proc/self/fd',
  '/proc/self/task',
  '/proc/self/cwd',
  '/proc/self/root',
  '/proc/self/root/probe',
  '/proc/self/cwd/probe',
  '/proc/self/mem',
  '/proc/self/pagemap',
  '/proc/self/ns/mnt',
  '/proc/self/map_files',
  '/proc/self/net/dev',
  '/proc/self/fd/99',
  '/proc/self/fd/1/../../../1/environ',
  '/proc/self/../1/environ',
  '/proc/self/./status/../../../etc/passwd',
  '/proc/1/status',
  '/proc/1/environ',
  '/proc/1/root/etc/passwd',
  '/proc/sys/kernel/core_pattern',
  '/dev/fd/../stdin',
  '/dev/fd/',
])('and no more than that: %s', async (path) => {
  const { stdout } = await bench.run({ args: ['/probe', 'cat', path] });
  expect(stdout.toString()).toMatch(/^(ENOENT|EACCES|ENOTDIR|EISDIR)\n$/);
});

test('what stands for mounts is told as mounts', async () => {
  const args = ['cat', '/proc/self/mountinfo', ',', 'cat', '/proc/mounts'];
  const said = await bench.output({ args: ['/probe', 'all', ...args] });
  for (const path of ['/proc', '/sys', '/dev']) {
    expect(said).toMatch(new RegExp(`^\\d 1 0:\\d / ${path} r[ow] - `, 'm'));
    expect(said).toMatch(new RegExp(`^\\w+ ${path} `, 'm'));
  }
});

test('a file of /proc is not written to', async () => {
  for (const name of ['oom_score_adj', 'comm', 'coredump_filter'])
    expect(
      (await bench.run({ args: ['/probe', 'write', `/proc/self/${name}`, '1'] })).stdout.toString(),
    ).toBe('EACCES\n');
});
