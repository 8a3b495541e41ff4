import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inPinnedDirectory } from '../../../builder/context/pinned-directory.ts';
import { readBeneath } from '../../../builder/context/read-beneath.ts';
import { tmpDir } from '../../support/tmp.ts';

test.each(['a', 'a/b'])(
  'a folder that is reached through a link at %s is another folder',
  (link) => {
    const root = tmpDir();
    mkdirSync(join(root, 'a/b'), { recursive: true });
    const names = () => inPinnedDirectory(join(root, 'a/b'), (directory) => directory.list());
    expect(names()).toEqual([]);
    renameSync(join(root, link), join(root, 'moved'));
    symlinkSync(join(root, 'moved'), join(root, link));
    expect(names).toThrow(
      expect.objectContaining({
        code: 'E_FILE_CHANGED',
        message: `${join(root, 'a/b')} changed while it was read`,
      }),
    );
  },
);

test('a folder that is moved away while it is looked into is still the one that was opened', () => {
  const root = tmpDir();
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a/inside'), '');
  const outside = tmpDir();
  writeFileSync(join(outside, 'secret'), '');
  const seen = inPinnedDirectory(join(root, 'a'), (directory) => {
    renameSync(join(root, 'a'), join(root, 'moved'));
    symlinkSync(outside, join(root, 'a'));
    return [directory.list(), directory.lstat('secret')];
  });
  expect(seen).toEqual([['inside'], undefined]);
});

test('a Dockerfile or an ignore file of more than 4 MiB is not read', () => {
  const root = tmpDir();
  const path = join(root, 'Dockerfile');
  writeFileSync(path, '#'.repeat(4 << 20));
  expect(readBeneath(root, path, 'Dockerfile')?.text).toHaveLength(4 << 20);
  writeFileSync(path, '#'.repeat((4 << 20) + 1));
  expect(() => readBeneath(root, path, 'Dockerfile')).toThrow(
    'Dockerfile cannot be read: it is larger than 4 MiB',
  );
});
