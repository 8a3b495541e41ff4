import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeOutputFile } from '../../core/output-file.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tmpDir } from '../support/tmp.ts';

async function* text(): AsyncIterable<Uint8Array> {
  yield Buffer.from('new');
}

test('a file and the folders above it are made, and an older file is replaced', async () => {
  const path = join(tmpDir(), 'a/b/out');
  await writeOutputFile(path, 'out', text());
  writeFileSync(path, 'older and longer');
  await writeOutputFile(path, 'out', text());
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(join(path, '..'))).toEqual(['out']);
});

test('an output that fails leaves the older file and nothing else', async () => {
  const path = join(tmpDir(), 'out');
  writeFileSync(path, 'old');
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half');
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  }
  await expect(writeOutputFile(path, 'the output', broken())).rejects.toMatchObject({
    code: 'E_OUTPUT',
    message: 'the output cannot be written: ENOSPC',
    hint: 'the disk is full: free some space, or choose another place',
  });
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(join(path, '..'))).toEqual(['out']);
});

test('a disk that is full in the middle ends it, and nothing is left open or behind', async (context) => {
  const disk = smallDisk(context, '1m');
  let readers = 0;
  async function* endless(): AsyncIterable<Uint8Array> {
    readers++;
    try {
      for (;;) yield Buffer.alloc(100_000);
    } finally {
      readers--;
    }
  }
  const files = readdirSync('/proc/self/fd').length;
  const written = writeOutputFile(join(disk.path, 'image'), 'image', endless());
  await expect(written).rejects.toMatchObject({
    code: 'E_OUTPUT',
    message: 'image cannot be written: ENOSPC',
  });
  expect(readers).toBe(0);
  expect(readdirSync(disk.path)).toEqual([]);
  expect(readdirSync('/proc/self/fd')).toHaveLength(files);
});

test('a device is written to and stays a device', async () => {
  // A link of our own: should the rule break, only the link is lost.
  const path = join(tmpDir(), 'null');
  symlinkSync('/dev/null', path);
  await writeOutputFile(path, 'out', text());
  expect(statSync(path).isCharacterDevice()).toBe(true);
});

test('the file that a link means is replaced, not the link', async () => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'file'), 'old');
  symlinkSync('file', join(folder, 'link'));
  await writeOutputFile(join(folder, 'link'), 'out', text());
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('new');
});

test('a folder in the way is a clear error', async () => {
  const folder = tmpDir();
  mkdirSync(join(folder, 'out'));
  await expect(writeOutputFile(join(folder, 'out'), 'out', text())).rejects.toMatchObject({
    code: 'E_OUTPUT',
    message: 'out cannot be written: EISDIR',
  });
});
