import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFileLock } from '../../core/file-lock.ts';
import { script } from '../support/script.ts';
import { tmpDir } from '../support/tmp.ts';

test('callers in one process come one after the other, and no ticket is left', async () => {
  const lock = join(tmpDir(), 'lock');
  let inside = 0;
  let most = 0;
  const one = () =>
    withFileLock(lock, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside--;
    });
  await Promise.all(Array.from({ length: 12 }, one));
  expect(most).toBe(1);
  expect(readdirSync(lock)).toEqual([]);
});

test('the result and the error of the work come through, and the lock is free after both', async () => {
  const lock = join(tmpDir(), 'lock');
  expect(await withFileLock(lock, async () => 7)).toBe(7);
  await expect(
    withFileLock(lock, async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await withFileLock(lock, async () => 8)).toBe(8);
});

test('processes that count in one file under the lock lose no count, though one is killed holding it', async () => {
  const root = tmpDir();
  const start = script(
    `import { readFileSync, writeFileSync } from 'node:fs';
     import { setTimeout as sleep } from 'node:timers/promises';
     import { withFileLock } from './core/file-lock.ts';
     const [root, mode] = process.argv.slice(2);
     const rounds = mode === 'hang' ? 1 : 15;
     for (let i = 0; i < rounds; i++) {
       await withFileLock(root + '/lock', async () => {
         if (mode === 'hang') { process.send('holding'); await sleep(60_000); }
         const count = Number(readFileSync(root + '/count', 'utf8'));
         await sleep(1);
         writeFileSync(root + '/count', String(count + 1));
       });
     }
     process.disconnect();`,
  );
  writeFileSync(join(root, 'count'), '0');
  const hung = start(root, 'hang');
  await once(hung, 'message');
  const counters = Array.from({ length: 4 }, () => start(root));
  const exits = counters.map((counter) => once(counter, 'exit'));
  hung.kill('SIGKILL');
  expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  expect(readFileSync(join(root, 'count'), 'utf8')).toBe('60');
}, 60_000);

test('a ticket of another pid namespace is respected while it is fresh and dead when it is old', async () => {
  const lock = join(tmpDir(), 'lock');
  mkdirSync(lock);
  const ticket = join(lock, '000000000001_1_12345_other-boot.42_abcdef');
  writeFileSync(ticket, '');
  let entered = false;
  const work = withFileLock(lock, async () => {
    entered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(entered).toBe(false);
  const longAgo = Date.now() / 1000 - 31;
  utimesSync(ticket, longAgo, longAgo);
  await work;
  expect(readdirSync(lock)).toEqual([]);
});
