import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../cache/database.ts';
import { isDatabaseWhole } from '../../cache/database-check.ts';
import { tmpDir } from '../support/tmp.ts';

async function databaseWith(values: readonly string[]): Promise<string> {
  const path = join(tmpDir(), 'db');
  mkdirSync(path);
  const database = await openDatabase(path);
  const table = database.table('t');
  for (const value of values) table.put(Buffer.from(value), Buffer.from(`value of ${value}`));
  await database.close();
  return path;
}

async function read(path: string): Promise<string[]> {
  const database = await openDatabase(path);
  const found = [...database.table('t').entries()].map(({ value }) => String(Buffer.from(value)));
  await database.close();
  return found;
}

test('a value, or a key, in which a bit was flipped counts as absent, and the others stay', async () => {
  const path = await databaseWith(['one', 'two', 'three']);
  expect(await read(path)).toEqual(['value of one', 'value of three', 'value of two']);
  const file = join(path, 'data.mdb');
  const bytes = readFileSync(file);
  for (
    let at = bytes.indexOf('value of one');
    at !== -1;
    at = bytes.indexOf('value of one', at + 1)
  ) {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
  writeFileSync(file, bytes);
  expect(await read(path)).toEqual(['value of three', 'value of two']);
});

test('a database that is no longer one, or that a write has found damaged, is begun anew', async () => {
  const path = await databaseWith(['one']);
  writeFileSync(join(path, 'data.mdb'), Buffer.alloc(32_768, 0x5a));
  expect(await read(path)).toEqual([]);
  const other = await databaseWith(['one']);
  writeFileSync(join(other, 'damaged'), '');
  expect(await read(other)).toEqual([]);
  expect(readdirSync(other).sort()).toEqual(['data.mdb', 'left', 'lock.mdb']);
});

const PAGE = 4096;

/** Enough for a tree of two levels, and one value that has pages of its own. */
async function largeDatabase(): Promise<string> {
  const path = join(tmpDir(), 'db');
  mkdirSync(path);
  const database = await openDatabase(path);
  const table = database.table('t');
  for (let i = 0; i < 500; i++) table.put(Buffer.from(`key ${i}`), Buffer.alloc(100, i));
  table.put(Buffer.from('large'), Buffer.alloc(3 * PAGE, 7));
  await database.close();
  return path;
}

/** Flips the lowest bit of the byte at `at` of a page. */
function flip(path: string, page: number, at: number): () => void {
  const file = join(path, 'data.mdb');
  const whole = readFileSync(file);
  const bytes = Buffer.from(whole);
  const place = page * PAGE + at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  return () => writeFileSync(file, whole);
}

test('a page that is not what leads to it says is found, wherever it is in the tree', async () => {
  const path = await largeDatabase();
  const file = join(path, 'data.mdb');
  expect(isDatabaseWhole(file)).toBe(true);
  const pages = readFileSync(file).length / PAGE;
  // The number of the page, the transaction that wrote it (a high byte), its kind, where its nodes begin.
  for (const at of [0, 14, 18, 22]) {
    let found = 0;
    for (let page = 2; page < pages; page++) {
      const mend = flip(path, page, at);
      if (!isDatabaseWhole(file)) found++;
      mend();
    }
    // Two thirds of the pages are in use now: the others are of older states, and of the value that is on three.
    expect(found, `byte ${at}`).toBeGreaterThan(pages / 4);
  }
  expect(isDatabaseWhole(file)).toBe(true);
});

test('after a crash a damaged database is begun anew, and a whole one goes on', async () => {
  const crashed = { areLive: false, haveCrashed: true };
  const path = await largeDatabase();
  const count = async (others: typeof crashed): Promise<number> => {
    const database = await openDatabase(path, others);
    const { length } = [...database.table('t').entries()];
    await database.close();
    return length;
  };
  expect(await count(crashed)).toBe(501);
  const pages = readFileSync(join(path, 'data.mdb')).length / PAGE;
  for (let page = 2; page < pages && isDatabaseWhole(join(path, 'data.mdb')); page++)
    flip(path, page, 14);
  // While another process has it open, nothing is looked at; it is when that has ended.
  const database = await openDatabase(path, { areLive: true, haveCrashed: true });
  await database.close();
  expect(readdirSync(path).sort()).toEqual(['data.mdb', 'left', 'lock.mdb', 'unchecked']);
  expect(await count({ areLive: false, haveCrashed: false })).toBe(0);
  expect(readdirSync(path).sort()).toEqual(['data.mdb', 'left', 'lock.mdb']);
});
