// The two ways to look into folders: in this process while they are few, by the runner when they are many.
// Nobody can tell from what they say which one it was.

import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { FolderFiles } from '../../../builder/context/folder-files.ts';
import type { FolderListing } from '../../../builder/context/folder-listing.ts';
import { FolderReader } from '../../../builder/context/folder-reader.ts';
import { sha256 } from '../../../core/digest.ts';
import { nameToBytes } from '../../../core/names.ts';
import { seededRandom } from '../../support/seed.ts';
import { tmpDir } from '../../support/tmp.ts';

const open: FolderReader[] = [];
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close();
});

function readers(): { here: FolderReader; byRunner: FolderReader } {
  const made = { here: new FolderReader(Number.POSITIVE_INFINITY), byRunner: new FolderReader(-1) };
  open.push(made.here, made.byRunner);
  return made;
}

function shown({ files, folders, others, failed }: FolderListing) {
  const bytes = ({ bytes, count }: FolderFiles) => [count, bytes.toString('hex')];
  return [bytes(files), bytes(folders), bytes(others), [...failed]];
}

function namesOf(files: FolderFiles): string[] {
  return Array.from({ length: files.count }, (_, index) => files.name(index));
}

test('both list a folder alike, bytes and all', async () => {
  const random = seededRandom('folder listings');
  const { here, byRunner } = readers();
  const parts = [
    'a',
    'Z',
    '.',
    '-',
    ' ',
    'é',
    '\n',
    '\\',
    '\udcff',
    '\udc80',
    '\u{1f600}',
    '\ufffd',
  ];
  for (let round = 0; round < 20; round++) {
    const folder = tmpDir();
    const server = createServer().listen(join(folder, 'socket'));
    for (let i = 0; i < 30; i++) {
      const name = Array.from({ length: 1 + random.int(4) }, () => parts[random.int(parts.length)]);
      const path = nameToBytes(`${folder}/_${name.join('')}`);
      try {
        const kind = random.int(3);
        if (kind === 0) mkdirSync(path);
        else if (kind === 1) symlinkSync(nameToBytes(`to\udcfe${i}`), path);
        else writeFileSync(path, 'x'.repeat(random.int(1000)));
      } catch {
        // The name was taken.
      }
    }
    writeFileSync(join(folder, 'one'), '');
    linkSync(join(folder, 'one'), join(folder, 'two'));
    utimesSync(join(folder, 'one'), new Date(-1500), new Date(-1500));
    expect(shown(await byRunner.list(folder))).toEqual(shown(await here.list(folder)));
    server.close();
  }
});

test('both digest alike, more files than one request takes', async () => {
  const folder = tmpDir();
  for (let i = 0; i < 600; i++) writeFileSync(join(folder, `f${i}`), `file ${i}`);
  symlinkSync('f0', join(folder, 'link'));
  const { here, byRunner } = readers();
  const { files } = await byRunner.list(folder);
  const digests = await byRunner.digests(folder, files);
  expect(digests.equals(await here.digests(folder, files))).toBe(true);
  const at = files.indexOf('f599');
  expect(`sha256:${digests.toString('hex', 32 * at, 32 * at + 32)}`).toBe(sha256('file 599'));
});

test.for(['here', 'byRunner'] as const)('%s: a file that changed is named', async (way) => {
  const folder = tmpDir();
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `f${1000 + i}`), 'before');
  const reader = readers()[way];
  const { files } = await reader.list(folder);
  truncateSync(join(folder, 'f1280'), 3);
  await expect(reader.digests(folder, files)).rejects.toMatchObject({
    code: 'E_FILE_CHANGED',
    message: `${join(folder, 'f1280')} changed while it was read`,
  });
});

test.for(['here', 'byRunner'] as const)(
  '%s: a folder that became a link is another',
  async (way) => {
    const folder = tmpDir();
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    renameSync(join(folder, 'a'), join(folder, 'moved'));
    symlinkSync('moved', join(folder, 'a'));
    for (const path of ['a', 'a/b'])
      await expect(readers()[way].list(join(folder, path))).rejects.toMatchObject({
        code: 'E_FILE_CHANGED',
        message: `${join(folder, path)} changed while it was read`,
      });
  },
);

test('a reader takes the runner when it has seen many files, and goes on where it was', async () => {
  const folder = tmpDir();
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(folder, name));
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, name, `${name}${i}`), '');
  }
  const reader = new FolderReader(25);
  open.push(reader);
  const listings = await Promise.all(
    ['a', 'b', 'c'].map((name) => reader.list(join(folder, name))),
  );
  expect(listings.map(({ files }) => files.count)).toEqual([20, 20, 20]);
  expect(reader.usesRunner).toBe(true);
  rmSync(join(folder, 'a'), { recursive: true });
  await expect(reader.list(join(folder, 'a'))).rejects.toMatchObject({ code: 'E_FILE_CHANGED' });
});

test('a folder of which it has seen the folders only counts as many files', async () => {
  const folder = tmpDir();
  for (let i = 0; i < 10; i++) mkdirSync(join(folder, `${i}`));
  const reader = new FolderReader(25);
  open.push(reader);
  expect((await reader.list(folder)).folders.count).toBe(10);
  expect(reader.usesRunner).toBe(false);
  writeFileSync(join(folder, '0/file'), '');
  expect((await reader.list(join(folder, '0'))).files.count).toBe(1);
  expect(reader.usesRunner).toBe(true);
});

test('nor does it look at each of very many files in one folder itself', async () => {
  const folder = tmpDir();
  for (let i = 0; i < 30; i++) writeFileSync(join(folder, `f${i}`), '');
  const reader = new FolderReader(25);
  open.push(reader);
  expect((await reader.list(folder)).files.count).toBe(30);
  expect(reader.usesRunner).toBe(true);
});

test('a part of the files is made of their bytes', async () => {
  const folder = tmpDir();
  for (const name of ['a', 'b\udcff', 'c'])
    writeFileSync(nameToBytes(`${folder}/${name}`), name.slice(0, 1));
  symlinkSync('target', join(folder, 'd'));
  chmodSync(join(folder, 'c'), 0o600);
  const { files } = await readers().byRunner.list(folder);
  const odd = files.filter((index) => index % 2 === 1);
  expect(namesOf(odd)).toEqual(['b\udcff', 'd']);
  expect([odd.link(0), odd.link(1), odd.size(0)]).toEqual([undefined, 'target', 1]);
  const middle = files.slice(1, 3);
  expect([namesOf(middle), middle.mode(1) & 0o777]).toEqual([['b\udcff', 'c'], 0o600]);
  expect(files.slice(0, 9)).toBe(files);
  expect(files.filter(() => true)).toBe(files);
});
