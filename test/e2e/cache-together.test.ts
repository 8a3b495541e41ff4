// Many builds and prunes in one store at once: every build is right, and what is left is whole.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requiresPrograms } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  ended,
  PROGRAM,
  programEnv,
  slipway,
  startSlipway,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const BUILDS = 16;
const PRUNES = 4;

test('sixteen builds at once, with prunes and a small cap in between, all make their images', async (context) => {
  const home = tmpDir();
  const out = tmpDir();
  const builds = Array.from({ length: BUILDS }, (_, i) => {
    const folder = busyboxContext(context, {
      Dockerfile: `${BUSYBOX}RUN echo shared > /shared\nFROM scratch\nCOPY --from=0 /shared /\nCOPY own /\n`,
      own: `own ${i}`,
    });
    const dest = join(out, String(i));
    const args = ['build', '--progress=quiet', '--cache-max', i % 2 === 0 ? '1MB' : 'off'];
    return ended(startSlipway(home, [...args, '-o', `type=local,dest=${dest}`, folder]));
  });
  const prunes = Array.from({ length: PRUNES }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, 500 * (i + 1)));
    return ended(startSlipway(home, ['cache', 'prune', '--all']));
  });
  expect(await Promise.all(builds)).toEqual(Array(BUILDS).fill(0));
  expect(await Promise.all(prunes)).toEqual(Array(PRUNES).fill(0));
  for (let i = 0; i < BUILDS; i++) {
    expect(readFileSync(join(out, String(i), 'own'), 'utf8')).toBe(`own ${i}`);
    expect(readFileSync(join(out, String(i), 'shared'), 'utf8')).toBe('shared\n');
  }
  const verified = slipway(home, ['cache', 'verify']);
  expect(verified.status, verified.stdout).toBe(0);
});

test('a record from a clock that was years ahead is used, and its time is put right', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN echo 1 > /a\n` });
  const home = tmpDir();
  expect(slipway(home, ['build', folder]).status).toBe(0);
  const { openStore } = await import('../../cache/store.ts');
  const store = await openStore(home);
  const future = Date.now() + 10 * 365 * 86_400_000;
  for (const record of store.records.list()) store.records.put({ ...record, used: future });
  await store.close();
  writeFileSync(join(folder, 'unused'), '');
  expect(slipway(home, ['build', folder]).status).toBe(0);
  const again = await openStore(home);
  const used = [...again.records.list()].map((record) => record.used);
  await again.close();
  expect(used.length).toBeGreaterThan(0);
  for (const time of used) expect(time).toBeLessThanOrEqual(Date.now());
});

test('a store on a read-only file system is refused by name, with what to do', (context) => {
  requiresPrograms(context, 'unshare', 'mount');
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN echo 1 > /a\n` });
  const home = tmpDir();
  expect(slipway(home, ['build', folder]).status).toBe(0);
  const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
  const words = ['-m', 'sh', '-c', script, home, process.execPath, PROGRAM, 'build', folder];
  const { status, stderr } = spawnSync('unshare', words, {
    env: programEnv(home),
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`error[E_STORE_UNUSABLE]: the store at ${home} cannot be used: EROFS`);
  expect(stderr).toContain('hint: SLIPWAY_HOME names another folder for it');
});
