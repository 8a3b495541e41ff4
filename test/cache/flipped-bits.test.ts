// Bits flipped anywhere in the database's file, in pages as well as in values. A page that LMDB should not have believed
// ends this process by a signal, which fails the test as a worker that is gone.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../cache/database.ts';
import { seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';

const TABLES = ['one', 'two', 'three'];
const KEYS = 400;
const FLIPS = 60;

const keyOf = (i: number): Buffer => Buffer.from(`key ${i}`.padEnd(32, '.'));

/** Values of all sizes, in several commits, so that there are free pages too. */
async function fill(path: string): Promise<void> {
  mkdirSync(path);
  for (let round = 0; round < 4; round++) {
    const database = await openDatabase(path);
    for (const name of TABLES) {
      const table = database.table(name);
      for (let i = round; i < KEYS; i += round + 1)
        table.put(keyOf(i), Buffer.alloc(i % 50 === 0 ? 9000 : 60 + i, round));
    }
    await database.close();
  }
}

/** Reads all of it, and writes to each table: what is wrong in the list of free pages shows then. */
async function use(path: string): Promise<number> {
  const database = await openDatabase(path);
  let found = 0;
  for (const name of TABLES) {
    const table = database.table(name);
    for (let i = 0; i < KEYS; i++) if (table.get(keyOf(i)) !== undefined) found++;
    for (const _ of table.entries());
    for (let i = 0; i < KEYS; i += 7) table.delete(keyOf(i));
    for (let i = 0; i < KEYS; i += 5) table.put(keyOf(i), Buffer.alloc(300, 9));
  }
  await database.close();
  return found;
}

test('a bit that is flipped anywhere in the database ends no process, and the next ones work', {
  timeout: 60_000,
}, async () => {
  const path = join(tmpDir(), 'db');
  await fill(path);
  const whole = readFileSync(join(path, 'data.mdb'));
  const random = seededRandom('flipped bits');
  let kept = 0;
  for (let round = 0; round < FLIPS; round++) {
    const copy = join(tmpDir(), 'db');
    mkdirSync(copy);
    copyFileSync(join(path, 'left'), join(copy, 'left'));
    const bytes = Buffer.from(whole);
    // One anywhere, which is in a value mostly; and where pages have their own words.
    const places = [random.int(whole.length)];
    const pages = round % 2 === 0 ? 0 : 6;
    for (let i = 0; i < pages; i++)
      places.push(random.int(whole.length / 4096) * 4096 + random.int(64));
    for (const at of places) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
    writeFileSync(join(copy, 'data.mdb'), bytes);
    if ((await use(copy)) > 0) kept++;
    expect(await use(copy), `bytes ${places}`).toBeGreaterThan(0);
  }
  // A value that is damaged takes no other with it.
  expect(kept).toBeGreaterThan(FLIPS / 10);
});
