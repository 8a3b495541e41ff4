// What a step read is asked on the other rungs too: as an ordinary user with sub-ids, and with one id.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, steps } from '../support/slipway.ts';

let user: OrdinaryUser | undefined;
afterAll(() => user?.remove());
beforeEach((context) => {
  requiresPrograms(context, 'useradd', 'userdel', 'newuidmap', 'newgidmap', 'busybox');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
});

test.for(['rootless', 'single-id'])('%s', (rung, context) => {
  if (user === undefined) throw new Error('no user');
  const made = user;
  const { folder, home } = made.adopt(
    busyboxContext(context, {
      Dockerfile: `${BUSYBOX}COPY . /app\nRUN cat /app/a > /out; chown 7 /out; ls /app/d >> /out\n`,
      a: 'one',
      'd/b': 'one',
      README: 'one',
    }),
  );
  const flags = ['--progress=json', `--isolation=${rung}`, '-o', 'type=tar,dest=/dev/null'];
  const build = () => {
    const built = made.slipway(home, ['build', ...flags, folder]);
    expect(built.stderr).toBe('');
    const last = steps(built).at(-1);
    return [last?.status, last?.reason];
  };
  expect(build()).toEqual(['ran', 'this step was not run before']);
  writeFileSync(join(folder, 'README'), 'two');
  expect(build()).toEqual(['traced', '/app/README changed, but this step never read it']);
  writeFileSync(join(folder, 'a'), 'two');
  expect(build()).toEqual(['ran', 'what it read has changed: /app/a changed']);
  writeFileSync(join(folder, 'd/c'), 'two');
  expect(build()).toEqual([
    'ran',
    'what it read has changed: what is in /app/d, which it listed (c added)',
  ]);
});
