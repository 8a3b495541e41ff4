import { renameSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { FolderFiles } from '../../../builder/context/folder-files.ts';
import { NO_RULES } from '../../../builder/context/ignore.ts';
import { readWalked } from '../../../builder/context/read-walked.ts';
import { type SeenFile, seenFile } from '../../../builder/context/sightings.ts';
import type { Entry } from '../../../image/entry.ts';
import type { FileContent } from '../../../image/layer.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const LARGE = 3 << 20;

async function drain(contents: AsyncIterable<FileContent>): Promise<void> {
  for await (const { chunks } of contents) for await (const _ of chunks);
}

/** The file as a walk at `now` sees it. */
function seenAt(path: string, now: number): SeenFile {
  const stat = statSync(path, { bigint: true });
  return seenFile(FolderFiles.of([{ name: 'f', stat }]), 0, now);
}

test.each([10, LARGE])(
  'a file of %i bytes that is written after it was digested is an error that names it',
  async (size) => {
    const root = tmpDir();
    writeFileSync(join(root, 'f'), 'a'.repeat(size));
    const source = directorySource({
      spool: tmpSpool(),
      name: 'it',
      root,
      rules: NO_RULES,
      digests: memoryTable(),
      onSkipped: () => {},
    });
    const [entry] = await source.walk({ path: 'f', isDirectory: false });
    if (entry === undefined) throw new Error('no entry');
    await drain(source.read([{ path: 'f', entry }]));
    writeFileSync(join(root, 'f'), 'b'.repeat(size));
    await expect(drain(source.read([{ path: 'f', entry }]))).rejects.toMatchObject({
      code: 'E_FILE_CHANGED',
      message: `${join(root, 'f')} changed while it was read`,
    });
  },
);

test.each([10, LARGE])(
  'so is one of %i bytes whose times do not tell, where they are young',
  async (size) => {
    const root = tmpDir();
    const path = join(root, 'f');
    writeFileSync(path, 'a'.repeat(size));
    const source = directorySource({
      spool: tmpSpool(),
      name: 'it',
      root,
      rules: NO_RULES,
      digests: memoryTable(),
      onSkipped: () => {},
    });
    const [entry] = await source.walk({ path: 'f', isDirectory: false });
    if (entry === undefined) throw new Error('no entry');
    // What another write within the clock's grain leaves: the same identity, other bytes.
    writeFileSync(path, 'b'.repeat(size));
    const seen = new Map([['f', seenAt(path, Date.now())]]);
    await expect(drain(readWalked(root, [{ path: 'f', entry }], seen))).rejects.toMatchObject({
      code: 'E_FILE_CHANGED',
    });
  },
);

test.each([10, LARGE])(
  'so is one of %i bytes that another has taken the place of, or a link to it, where its times are old',
  async (size) => {
    const root = tmpDir();
    const path = join(root, 'f');
    writeFileSync(path, 'a'.repeat(size));
    const entry: Entry = { path: 'f', type: 'file', mode: 0, uid: 0, gid: 0, mtime: 0n, size };
    const file = seenAt(path, Date.now() + 5000);
    expect(file.isRacy).toBe(false);
    const read = () => drain(readWalked(root, [{ path: 'f', entry }], new Map([['f', file]])));
    const changed = { code: 'E_FILE_CHANGED', message: `${path} changed while it was read` };
    await read();
    renameSync(path, join(root, 'moved'));
    symlinkSync('moved', path);
    await expect(read()).rejects.toMatchObject(changed);
    unlinkSync(path);
    writeFileSync(path, 'b'.repeat(size));
    await expect(read()).rejects.toMatchObject(changed);
  },
);

test('times that lie in the past, or in the future, are told apart', () => {
  const path = join(tmpDir(), 'f');
  writeFileSync(path, '');
  const isRacyAt = (now: number) => seenAt(path, now).isRacy;
  expect(isRacyAt(Date.now())).toBe(true);
  expect(isRacyAt(Date.now() + 5000)).toBe(false);
  utimesSync(path, 4_000_000_000, 4_000_000_000);
  expect(isRacyAt(Date.now() + 5000)).toBe(true);
});

test('a file that is gone by the time it is read is an error that names it', async () => {
  const root = tmpDir();
  writeFileSync(join(root, 'f'), '');
  const source = directorySource({
    spool: tmpSpool(),
    name: 'it',
    root,
    rules: NO_RULES,
    digests: memoryTable(),
    onSkipped: () => {},
  });
  await expect(source.walk({ path: 'g', isDirectory: false })).rejects.toMatchObject({
    code: 'E_FILE_CHANGED',
    message: `${join(root, 'g')} changed while it was read`,
  });
});
