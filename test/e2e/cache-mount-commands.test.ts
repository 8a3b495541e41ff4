// `slipway cache mounts`: what there is, taking it elsewhere, and removing it, also while steps have it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { contextOf, ended, slipway, startSlipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Mount {
  readonly id: string | null;
  readonly name: string;
  readonly size: number;
  readonly users: number;
  readonly beginsWith: string;
}

function mounts(home: string): Mount[] {
  const { stdout } = slipway(home, ['cache', 'mounts', 'ls', '--format', 'json', '--sort', 'id']);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Mount]));
}

function ok(home: string, ...args: string[]): string {
  const finished = slipway(home, ['cache', 'mounts', ...args]);
  expect(finished.status, finished.stderr).toBe(0);
  return finished.stdout;
}

/** A store with a cache `npm` (with files of every sort in it) and one by its target. */
function withMounts(home = tmpDir()): string {
  const dockerfile = `RUN --mount=type=cache,id=npm,target=/c,uid=7 \
    mkdir -p /c/d && dd if=/dev/zero of=/c/d/big bs=1k count=500 && ln /c/d/big /c/link && ln -s /etc /c/out \
    && mkfifo /c/fifo && chown 3:4 /c/d && touch /c/.wh-not
RUN --mount=type=cache,target=/root/.cache touch /root/.cache/x\n`;
  const { status, stderr } = buildOnHostile({ home, dockerfile });
  expect(status, stderr).toBe(0);
  return home;
}

const LOOK = `RUN --mount=type=cache,id=npm,target=/c,uid=7 stat -c '%n %u:%g %s %h' /c /c/d /c/d/big /c/link; \
  readlink /c/out; test -p /c/fifo && ls -a /c\n`;

function look(home: string): string[] {
  const { status, stderr } = buildOnHostile({ home, dockerfile: LOOK, args: ['--no-cache'] });
  expect(status, stderr).toBe(0);
  return [...stderr.matchAll(/^#\d+ [\d.]+ (.*)$/gm)].map(([, line = '']) => line);
}

test('ls names mounts as Dockerfiles do, with what they take and what they begin with', (context) => {
  needsSteps(context);
  const home = withMounts();
  const found = mounts(home);
  expect(found.map(({ id, beginsWith, users }) => [id, beginsWith, users])).toEqual([
    ['/root/.cache', '', 0],
    ['npm', 'uid=7', 0],
  ]);
  expect(found[1]?.size).toBeGreaterThan(500_000);
  expect(ok(home, 'ls')).toMatch(/^NAME +ID +SIZE +LAST USED +IN USE +BEGINS WITH\n/);
  expect(ok(home, 'ls', '--format', '{{.ID}}', '--sort', 'size')).toBe('npm\n/root/.cache\n');
});

test('an exported mount is the same in another store, and one that is there stays unless told', (context) => {
  needsSteps(context);
  const home = withMounts();
  const tar = join(tmpDir(), 'mounts.tar');
  ok(home, 'export', tar, 'npm');
  const there = tmpDir();
  expect(ok(there, 'import', tar)).toBe('imported the cache mount npm\n');
  const files = look(home);
  expect(files[0]).toMatch(/^\/c 7:0 /);
  expect(files.slice(1, 5)).toEqual([
    expect.stringMatching(/^\/c\/d 3:4 /),
    '/c/d/big 0:0 512000 2',
    '/c/link 0:0 512000 2',
    '/etc',
  ]);
  expect(files).toContain('.wh-not');
  const same = (line: string): string => line.replace(/^(\/c\S* \S+) \d+ /, '$1 ');
  expect(look(there).map(same)).toEqual(files.map(same));
  const spoil = 'RUN --mount=type=cache,id=npm,target=/c,uid=7 rm -r /c/d\n';
  expect(buildOnHostile({ home: there, dockerfile: spoil }).status).toBe(0);
  expect(ok(there, 'import', tar)).toBe('kept the cache mount npm that is there (--replace)\n');
  expect(look(there).map(same)).not.toEqual(files.map(same));
  ok(there, 'import', '--replace', tar, 'npm');
  expect(look(there).map(same)).toEqual(files.map(same));
});

test('rm removes what is named, and nothing that a step has', async (context) => {
  needsSteps(context);
  const home = withMounts();
  const [marker] = [join(tmpDir(), 'go')];
  const folder = contextOf({
    Dockerfile: `FROM base:1\nRUN --mount=type=cache,id=npm,target=/c,uid=7 touch /c/here; sleep 30\n`,
  });
  writeFileSync(marker, '');
  const child = startSlipway(home, ['build', folder]);
  const done = ended(child);
  while (mounts(home).find(({ id }) => id === 'npm')?.users !== 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const refused = slipway(home, ['cache', 'mounts', 'rm', '--all']);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toBe(`removed 1 cache mount, 12.3kB\n`);
  expect(refused.stderr).toMatch(/^error\[E_CACHE_MOUNT\]: a step of a build has npm\n = hint: /);
  child.kill('SIGTERM');
  await done;
  expect(mounts(home).map(({ id }) => id)).toEqual(['npm']);
  expect(ok(home, 'rm', mounts(home)[0]?.name.slice(7, 15) ?? '')).toMatch(
    /^removed 1 cache mount, /,
  );
  expect(mounts(home)).toEqual([]);
});

test.each<[string[], RegExp]>([
  [['rm'], /E_USAGE\]: which mounts are to be removed\?/],
  [['rm', '--all', 'npm'], /E_USAGE\]: which mounts are to be removed\?/],
  [
    ['rm', 'npn'],
    /E_CACHE_MOUNT\]: there is no cache mount "npn"\n = hint: slipway cache mounts ls/,
  ],
  [['export', '/x', 'npn'], /E_CACHE_MOUNT\]: there is no cache mount "npn"/],
  [
    ['lst'],
    /E_USAGE\]: there is no command "cache mounts lst"\n = hint: did you mean slipway cache mounts ls\?/,
  ],
  [['ls', '--sort', 'sise'], /E_USAGE\]: --sort: .*\n = hint: did you mean size\?/],
])('cache mounts %j is refused', (words, message) => {
  const { status, stderr } = slipway(tmpDir(), ['cache', 'mounts', ...words]);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
});
