import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureDirectory, writeFileAtomic } from '../../core/atomic-file.ts';
import { tmpDir } from '../support/tmp.ts';

test('a folder is made with its parents, and one that is there is fine', () => {
  const path = join(tmpDir(), 'a/b/c');
  ensureDirectory(path, 0o700);
  ensureDirectory(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('a file in the way is an error', () => {
  const root = tmpDir();
  writeFileSync(join(root, 'file'), '');
  expect(() => ensureDirectory(join(root, 'file'))).toThrow('EEXIST');
  expect(() => ensureDirectory(join(root, 'file/x'))).toThrow('ENOTDIR');
});

test('a file system that has no room for folders is an error and not an endless loop', () => {
  expect(() => ensureDirectory('/proc/nothing/here')).toThrow('ENOENT');
});

test('a file is written whole or not at all, and leaves no temporary', async () => {
  const root = tmpDir();
  mkdirSync(join(root, 'tmp'));
  const path = join(root, 'file');
  await writeFileAtomic(path, (file) => file.writeFile('whole').then(() => {}));
  const half = writeFileAtomic(path, async (file) => {
    await file.writeFile('half');
    throw new Error('no more');
  });
  await expect(half).rejects.toThrow('no more');
  expect(readdirSync(root).sort()).toEqual(['file', 'tmp']);
});
