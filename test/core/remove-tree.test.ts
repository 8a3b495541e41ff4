import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from '../../core/remove-tree.ts';
import { tmpDir } from '../support/tmp.ts';

test('a folder goes with all that is in it, whatever its names, and what links in it lead to stays', async () => {
  const [root, outside] = [join(tmpDir(), 'tree'), tmpDir()];
  writeFileSync(join(outside, 'kept'), '');
  mkdirSync(join(root, 'a/b/c'), { recursive: true });
  for (let i = 0; i < 500; i++) writeFileSync(join(root, 'a/b', `file ${i}`), '');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/a/`), Buffer.from([0xff, 0x0a])]), '');
  symlinkSync(outside, join(root, 'a/folder'));
  symlinkSync(join(outside, 'kept'), join(root, 'file'));
  await removeTree(Buffer.from(root));
  expect([existsSync(root), existsSync(join(outside, 'kept'))]).toEqual([false, true]);
});

test('a folder that is not there is no error, and a file is one', async () => {
  const root = tmpDir();
  await removeTree(Buffer.from(join(root, 'none')));
  writeFileSync(join(root, 'file'), '');
  await expect(removeTree(Buffer.from(join(root, 'file')))).rejects.toMatchObject({
    code: 'ENOTDIR',
  });
});
