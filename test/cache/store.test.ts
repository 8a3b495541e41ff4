import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CacheRecord } from '../../cache/records.ts';
import { openStore } from '../../cache/store.ts';
import { sha256 } from '../../core/digest.ts';
import { tmpDir } from '../support/tmp.ts';

function record(name: string): CacheRecord {
  return {
    key: sha256(`key ${name}`),
    kind: 'run',
    step: `[1/1] RUN ${name}`,
    parts: [['op', 'run']],
    tree: sha256('tree'),
    layers: [sha256('layer')],
    created: 1,
    used: 1,
    ms: 1,
  };
}

test('what was put before a close is there after it, in another process too', async () => {
  const home = tmpDir();
  const first = await openStore(home);
  const object = first.objects.put(Buffer.from('a directory object'));
  first.records.put(record('a'));
  first.records.addToStep(sha256('step'), record('a').key);
  expect(first.records.get(record('a').key)).toEqual(record('a'));
  await first.close();
  const second = await openStore(home);
  expect([...second.records.byStep(sha256('step'))]).toEqual([record('a')]);
  expect(Buffer.from(second.objects.get(object) ?? []).toString()).toBe('a directory object');
  expect([...second.records.list()]).toEqual([record('a')]);
  await second.close();
});

test('two processes of one store see each other’s records', async () => {
  const home = tmpDir();
  const [a, b] = [await openStore(home), await openStore(home)];
  a.records.put(record('a'));
  await a.flush();
  expect(b.records.get(record('a').key)).toEqual(record('a'));
  await a.close();
  await b.close();
});

test('an object that is not what its name says counts as absent', async () => {
  const home = tmpDir();
  const store = await openStore(home);
  const digest = store.objects.put(Buffer.from('true'));
  await store.close();
  const { openDatabase } = await import('../../cache/database.ts');
  const database = await openDatabase(join(home, 'db'));
  database.table('objects').put(Buffer.from(digest.slice(7), 'hex'), Buffer.from('false'));
  await database.close();
  const again = await openStore(home);
  expect(again.objects.get(digest)).toBeUndefined();
  expect(again.objects.put(Buffer.from('true'))).toBe(digest);
  expect(Buffer.from(again.objects.get(digest) ?? []).toString()).toBe('true');
  await again.close();
});

test('a store of another format is refused', async () => {
  const home = tmpDir();
  writeFileSync(join(home, 'format.json'), '{"format":99}');
  await expect(openStore(home)).rejects.toMatchObject({
    code: 'E_STORE_FORMAT',
    message: `the store at ${home} has format 99; this slipway reads format 4`,
  });
  expect(readdirSync(home)).toEqual(['format.json']);
});

test('a format in which a disk has changed one letter is mended, and two are a format that is not known', async () => {
  const home = tmpDir();
  await (await openStore(home)).close();
  const file = join(home, 'format.json');
  writeFileSync(file, '{"fopmat":4}\n');
  await (await openStore(home)).close();
  expect(readFileSync(file, 'utf8')).toBe('{"format":4}\n');
  writeFileSync(file, '{"fopmax":4}\n');
  await expect(openStore(home)).rejects.toMatchObject({ code: 'E_STORE_FORMAT' });
});

test('a store whose values have no checksums yet goes on, without them', async () => {
  const home = tmpDir();
  const store = await openStore(home);
  const digest = store.objects.put(Buffer.from('old'));
  await store.close();
  const { open } = await import('lmdb');
  const root = open({ path: join(home, 'db'), maxDbs: 16, encoding: 'binary', cache: false });
  const objects = root.openDB('objects', { encoding: 'binary', keyEncoding: 'binary' });
  await objects.put(Buffer.from(digest.slice(7), 'hex'), Buffer.from('old'));
  await root.close();
  writeFileSync(join(home, 'format.json'), '{"format":1}\n');
  const again = await openStore(home);
  expect(again.objects.get(digest)).toBeUndefined();
  await again.close();
  expect(readFileSync(join(home, 'format.json'), 'utf8')).toBe('{"format":4}\n');
});

test('a folder that holds other files is no store: nothing in its tmp is swept away', async () => {
  const home = tmpDir();
  mkdirSync(join(home, 'tmp/work'), { recursive: true });
  await expect(openStore(home)).rejects.toMatchObject({
    code: 'E_STORE_UNUSABLE',
    message: `${home} is not a store, and not empty: it holds tmp`,
    hint: 'set SLIPWAY_HOME to a folder that is empty or not there yet',
  });
  expect(readdirSync(home)).toEqual(['tmp']);
  expect(readdirSync(join(home, 'tmp'))).toEqual(['work']);
});

test('a store that several processes make at once, or that a crash left unmade, is made', async () => {
  const home = tmpDir();
  writeFileSync(join(home, '.file-1-abc'), '');
  mkdirSync(join(home, 'lost+found'));
  const stores = await Promise.all([openStore(home), openStore(home), openStore(home)]);
  for (const store of stores) await store.close();
});

test('a store that cannot be made is a clear error', async () => {
  const file = join(tmpDir(), 'file');
  writeFileSync(file, '');
  await expect(openStore(file)).rejects.toMatchObject({ code: 'E_STORE_UNUSABLE' });
});
