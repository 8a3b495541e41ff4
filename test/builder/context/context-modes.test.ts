import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ContextModes } from '../../../builder/context/context-modes.ts';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { NO_RULES } from '../../../builder/context/ignore.ts';
import type { CopySource } from '../../../builder/copy/source.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

/** The same checkout, made by somebody with that umask. */
function checkout(umask: number, modes: ContextModes): CopySource {
  const root = tmpDir();
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'd/file'), 'text');
  writeFileSync(join(root, 'd/script'), '#!/bin/sh');
  chmodSync(join(root, 'd'), 0o777 & ~umask);
  chmodSync(join(root, 'd/file'), 0o666 & ~umask);
  chmodSync(join(root, 'd/script'), 0o777 & ~umask);
  utimesSync(join(root, 'd/file'), umask, umask);
  return directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root,
    rules: NO_RULES,
    modes,
    digests: memoryTable(),
    onSkipped: () => {},
  });
}

const FOLDER = { path: 'd', isDirectory: true };

test('with git a checkout is the same whatever the umask, and as git would have it', async () => {
  const sources = [0o022, 0o002, 0o077].map((umask) => checkout(umask, 'git'));
  const identities = await Promise.all(sources.map((source) => source.identity(FOLDER)));
  expect(new Set(identities).size).toBe(1);
  const entries = [...((await sources[2]?.walk(FOLDER)) ?? [])];
  expect(entries.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
    ' 755',
    'file 644',
    'script 755',
  ]);
});

test('modes are kept as they are without it', async () => {
  expect(await checkout(0o022, 'keep').identity(FOLDER)).not.toBe(
    await checkout(0o002, 'keep').identity(FOLDER),
  );
});

test('owner and time of a context file never count', async () => {
  const [, entry] = await checkout(0o022, 'keep').walk(FOLDER);
  expect(entry).toMatchObject({ uid: 0, gid: 0 });
  const [a, b] = [checkout(0o022, 'keep'), checkout(0o022, 'keep')];
  expect(await a.identity(FOLDER)).toBe(await b.identity(FOLDER));
});
