// An ordinary user without sub-ids: one id, and the image that root builds all the same, bit for bit. What
// a supervisor must answer for: owners, devices, users that a process becomes, what stat shows of them.

import { chmodSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { debianBase } from '../support/debian-base.ts';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { OWNERS, OWNERS_DEBIAN } from '../support/owners.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

let user: OrdinaryUser | undefined;
afterAll(() => user?.remove());
beforeEach((context) => {
  requiresPrograms(context, 'useradd', 'userdel', 'usermod', 'busybox');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  user?.removeSubIds();
});

test('a user without sub-ids builds what root builds, the second time from the cache', (context) => {
  const { made, folder, home } = place(busyboxContext(context, OWNERS));
  const byRoot = slipway(tmpDir(), ['build', '-q', folder], EPOCH);
  expect(byRoot.stderr).toBe('');
  const build = () => made.slipway(home, ['build', '--progress=json', folder], EPOCH);
  const first = build();
  expect(first.stderr).toBe('');
  expect(first.stdout).toContain('"chosen":"single-id"');
  expect(digestOf(first)).toBe(byRoot.stdout.trim());
  expect(leftBehind(home)).toEqual([]);
  const again = build();
  expect(steps(again).map(({ status }) => status)).not.toContain('ran');
  expect(digestOf(again)).toBe(byRoot.stdout.trim());
  const work = ['build', '-q', '--target=work', folder];
  expect(made.slipway(home, work, EPOCH)).toEqual(slipway(tmpDir(), work, EPOCH));
});

test('an image with many owners is a base, and one store serves two rungs without mixing them', (context) => {
  const { folder } = place(busyboxContext(context, OWNERS));
  const home = tmpDir();
  const run = (rung: string, ...args: string[]) =>
    slipway(home, ['build', '-q', `--isolation=${rung}`, ...args, folder], EPOCH);
  const base = run('root', '-t', 'base', '--target=work');
  expect(base.stderr).toBe('');
  const next =
    'FROM base\nUSER root\nRUN find /data /tmp /home/www -exec stat -c "%u:%g %a %F %n" {} + | sort > /list && cp -a /data /copy\n';
  writeFileSync(join(folder, 'Dockerfile'), next);
  const byRoot = run('root');
  expect(byRoot.stderr).toBe('');
  for (const rung of ['single-id', 'root', 'single-id'])
    expect(run(rung, '--no-cache')).toEqual(byRoot);
  expect(slipway(home, ['cache', 'prune', '--all'])).toMatchObject({ status: 0 });
  expect(readdirSync(join(home, 'layers'))).toEqual([]);
});

test("Debian's own tools: users, groups, su, setpriv, cp -a, tar, devices", (context) => {
  const { made, folder, home } = place(tmpDir());
  copyFileSync(debianBase(context), join(folder, 'base.tar'));
  chmodSync(join(folder, 'base.tar'), 0o644);
  writeFileSync(join(folder, 'Dockerfile'), OWNERS_DEBIAN);
  const rootHome = tmpDir();
  const load = ['load', '-i', join(folder, 'base.tar')];
  expect(slipway(rootHome, load)).toMatchObject({ status: 0 });
  expect(made.slipway(home, load)).toMatchObject({ status: 0 });
  const build = ['build', '-q', '-f', join(folder, 'Dockerfile'), '--isolation'];
  const byUser = made.slipway(home, [...build, 'single-id', folder], EPOCH);
  expect(byUser.stderr).toBe('');
  expect(byUser).toEqual(slipway(rootHome, [...build, 'root', folder], EPOCH));
});

test('the rung can be asked for, and doctor names it', () => {
  const { made, home } = place(tmpDir());
  const { stdout } = made.slipway(home, ['doctor']);
  expect(stdout).toMatch(/^ok +isolation: single-id \(/m);
  expect(stdout).toMatch(/has no sub-ids in \/etc\/subuid/);
});

/** Gives the context to the user, and a store that is not there yet. */
function place(context: string) {
  if (user === undefined) throw new Error('there is no user');
  return { made: user, ...user.adopt(context) };
}

function digestOf({ stdout }: Finished): unknown {
  const done = stdout.split('\n').find((line) => line.includes('"event":"done"'));
  return (JSON.parse(done ?? '{}') as { digest?: unknown }).digest;
}

function leftBehind(home: string): string[] {
  return ['tmp', 'leases', 'mounts'].flatMap((name) => readdirSync(join(home, name)));
}
