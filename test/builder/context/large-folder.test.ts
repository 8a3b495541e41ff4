// A folder of more files than are in memory at a time: what comes of it is what it holds, in order.

import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { NO_RULES } from '../../../builder/context/ignore.ts';
import { comparePaths } from '../../../image/tree/path-order.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const FILES = 8192 + 100;

test('a folder of more than 8192 files comes in order, with folders between them, links from one end to the other, and its bytes', async () => {
  const root = tmpDir();
  const names = Array.from({ length: FILES }, (_, i) => `f${String(i).padStart(5, '0')}`);
  for (const name of names) writeFileSync(join(root, name), name);
  // Before everything, between two parts, and behind everything.
  for (const folder of ['a', 'f08191-', 'g']) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, 'x'), folder);
  }
  linkSync(join(root, 'f00000'), join(root, 'z'));
  symlinkSync('f00001', join(root, 'y'));
  const source = directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root,
    rules: NO_RULES,
    digests: memoryTable(),
    onSkipped: () => {},
  });
  const top = { path: '', isDirectory: true };
  const entries = [...(await source.walk(top))];
  const folders = ['a', 'f08191-', 'g'].flatMap((folder) => [folder, `${folder}/x`]);
  const expected = ['', ...names, ...folders, 'y', 'z'].sort(comparePaths);
  expect(entries.map(({ path }) => path)).toEqual(expected);
  expect(entries.at(-1)).toMatchObject({ path: 'z', type: 'hardlink', link: 'f00000' });
  expect(await source.identity(top)).toBe(await source.identity(top));

  const wanted = ['f00000', 'f08191', 'f08192', 'f08291', 'a/x', 'f08191-/x'];
  const files = wanted.map((path) => {
    const entry = entries.find((one) => one.path === path);
    if (entry === undefined) throw new Error(`no ${path}`);
    return { path, entry };
  });
  const read: string[] = [];
  for await (const { chunks } of source.read(files))
    for await (const chunk of chunks) read.push(Buffer.from(chunk).toString());
  expect(read).toEqual(['f00000', 'f08191', 'f08192', 'f08291', 'a', 'f08191-']);
  const placeOf = await source.places?.();
  expect(files.map((file) => placeOf?.(file)?.path)).toEqual(
    wanted.map((path) => join(root, path)),
  );
  const [missing] = files.map(({ entry }) => ({ path: 'f08191x', entry }));
  expect(() => missing && placeOf?.(missing)).toThrowError('f08191x was not walked');
});
