import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../cache/database.ts';
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
  expect(readdirSync(other).sort()).toEqual(['data.mdb', 'lock.mdb']);
});
