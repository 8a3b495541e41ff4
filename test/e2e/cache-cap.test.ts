// What leaves the cache, and when: by prune, and by the cap that every build keeps.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { BUSYBOX, busyboxContext, slipway, startSlipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const CACHE = '--mount=type=cache,target=/c,id=fill';

/** Builds a step that makes a file of 5 MB named `name`, and returns how it went. */
function build(home: string, folder: string, name: string, ...args: string[]) {
  writeFileSync(join(folder, 'Dockerfile'), dockerfile(name));
  const finished = slipway(home, ['build', '--progress=json', ...args, folder]);
  expect(finished.status, finished.stderr).toBe(0);
  return finished;
}

function dockerfile(name: string): string {
  return `${BUSYBOX}RUN dd if=/dev/zero of=/${name} bs=1k count=5000\n`;
}

function statusOf(home: string, folder: string, name: string): string | undefined {
  return steps(build(home, folder, name)).at(-1)?.status;
}

function own(home: string): number {
  const { stdout } = slipway(home, ['cache', 'du', '--format', 'json']);
  const rows = stdout.split('\n').filter((line) => line !== '');
  return rows.map((row) => JSON.parse(row)).find(({ kind }) => kind === 'layers').bytes;
}

function contextFor(context: TestContext): string {
  return busyboxContext(context, { Dockerfile: '' });
}

test('a build above the cap takes out what was used least recently, and says so', (context) => {
  const folder = contextFor(context);
  const home = tmpDir();
  for (const name of ['a', 'b']) build(home, folder, name);
  const { stdout } = build(home, folder, 'c', '--cache-max', '14MB');
  const choice = stdout.split('\n').find((line) => line.includes('"subject":"cache"')) ?? '{}';
  expect(JSON.parse(choice)).toMatchObject({
    event: 'choice',
    chosen: expect.stringMatching(/^removed \d+ MB that was used least recently$/),
    why: 'it was above its cap of 14 MB',
  });
  expect(own(home)).toBeLessThan(14e6);
  expect(statusOf(home, folder, 'c')).toBe('exact');
  expect(statusOf(home, folder, 'a')).toBe('ran');
});

test('the variable sets the cap, the flag beats it, and off is none', (context) => {
  const folder = contextFor(context);
  const home = tmpDir();
  build(home, folder, 'a', '--cache-max', 'off');
  const args = ['build', '--progress=json', folder];
  const max = { SLIPWAY_CACHE_MAX: '1MB' };
  expect(slipway(home, [...args, '--cache-max', 'off'], max).stdout).not.toContain('above its cap');
  expect(slipway(home, args, max).stdout).toContain('above its cap of 1 MB');
  expect(own(home)).toBeLessThan(1e6);
  const refused = slipway(home, args, { SLIPWAY_CACHE_MAX: 'much' });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('SLIPWAY_CACHE_MAX: "much" is not a size');
});

test('nothing is taken from a build that runs: the cap waits for the last one', async (context) => {
  const folder = contextFor(context);
  const home = tmpDir();
  build(home, folder, 'a');
  const other = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN sleep 5\nRUN ls /bin\n` });
  const running = startSlipway(home, ['build', '--progress=json', other]);
  const done = new Promise((resolve) => running.once('close', resolve));
  await new Promise<void>((resolve) => {
    running.stdout?.on('data', (text) => {
      if (String(text).includes('RUN sleep')) resolve();
    });
    running.once('close', () => resolve());
  });
  expect(build(home, folder, 'b', '--cache-max', '1MB').stdout).not.toContain('above its cap');
  expect(await done).toBe(0);
  expect(build(home, folder, 'b', '--cache-max', '1MB').stdout).toContain('above its cap');
});

test('prune takes what the flags say and no more, and the order is the same', (context) => {
  const folder = contextFor(context);
  const home = tmpDir();
  for (const name of ['a', 'b', 'c']) build(home, folder, name);
  const prune = (...args: string[]) => {
    const finished = slipway(home, ['cache', 'prune', '--force', ...args]);
    expect(finished.status, finished.stderr).toBe(0);
    return finished.stdout;
  };
  expect(prune('--max-used-space', '1GB')).toBe('removed 0 records, 0B\n');
  expect(prune('--dry-run', '--keep-storage', '14MB')).toMatch(
    /^would remove 1 record, 5\.\d+MB\n/,
  );
  expect(prune('--keep-storage', '14MB')).toMatch(/^removed 1 record, 5\.\d+MB\n/);
  expect(prune('--filter', 'step~=/b bs=')).toMatch(/^removed 1 record, 5\.\d+MB\n/);
  expect(statusOf(home, folder, 'c')).toBe('exact');
  prune('--all');
  expect(readdirSync(join(home, 'layers'))).toEqual([]);
  expect(slipway(home, ['cache', 'ls', '--format', 'json']).stdout).toBe('');
});

test('cache mounts stay unless they are asked for', (context) => {
  const home = tmpDir();
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN ${CACHE} dd if=/dev/zero of=/c/f bs=1k count=3000\n`,
  });
  expect(slipway(home, ['build', folder]).status).toBe(0);
  const mounts = () =>
    readdirSync(join(home, 'mounts')).filter((name) => /^[0-9a-f]{64}$/.test(name));
  expect(slipway(home, ['cache', 'prune']).status).toBe(0);
  expect(mounts()).toHaveLength(1);
  const pruned = slipway(home, ['cache', 'prune', '--filter', 'kind=mount']);
  expect(pruned.stdout).toMatch(/^removed 1 record, 3\.\d+MB\n/);
  expect(mounts()).toEqual([]);
  expect(existsSync(join(home, 'mounts'))).toBe(true);
});
