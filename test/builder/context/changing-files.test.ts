import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
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

test.each([10, LARGE])(
  'so is one of %i bytes that is a folder, a socket or a pipe by now',
  async (size) => {
    const root = tmpDir();
    const path = join(root, 'f');
    writeFileSync(path, 'a'.repeat(size));
    const entry: Entry = { path: 'f', type: 'file', mode: 0, uid: 0, gid: 0, mtime: 0n, size };
    const seen = new Map([['f', seenAt(path, Date.now() + 5000)]]);
    const others = [
      () => mkdirSync(path),
      () => execFileSync('mkfifo', [path]),
      () => new Promise<void>((done) => void createServer().listen(path, done).unref()),
    ];
    for (const make of others) {
      rmSync(path, { recursive: true });
      await make();
      await expect(drain(readWalked(root, [{ path: 'f', entry }], seen))).rejects.toMatchObject({
        code: 'E_FILE_CHANGED',
        message: `${path} changed while it was read`,
      });
    }
  },
);

test.each([10, LARGE])(
  'what a link leads to that a file of %i bytes became is not even opened',
  async (size) => {
    const root = tmpDir();
    const [path, pipe, opened] = [join(root, 'f'), join(root, 'pipe'), join(root, 'opened')];
    writeFileSync(path, 'a'.repeat(size));
    const seen = new Map([['f', seenAt(path, Date.now() + 5000)]]);
    const entry: Entry = { path: 'f', type: 'file', mode: 0, uid: 0, gid: 0, mtime: 0n, size };
    rmSync(path);
    execFileSync('mkfifo', [pipe]);
    symlinkSync(pipe, path);
    // Waits in open(2) until somebody opens the pipe to read it.
    const writer = spawn('sh', ['-c', 'echo; exec 3> "$1"; : > "$2"', 'sh', pipe, opened]);
    onTestFinished(() => void writer.kill('SIGKILL'));
    await once(writer.stdout, 'data');
    await sleep(50);
    await expect(drain(readWalked(root, [{ path: 'f', entry }], seen))).rejects.toThrow('changed');
    await sleep(100);
    expect(existsSync(opened)).toBe(false);
  },
);

test('one walk and a later one saw two states: the file of the first has not the bytes of the second', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  const root = tmpDir();
  const path = join(root, 'f');
  writeFileSync(path, 'one');
  const source = directorySource({
    spool: tmpSpool(),
    name: 'it',
    root,
    rules: NO_RULES,
    digests: memoryTable(),
    onSkipped: () => {},
  });
  const [, entry] = await source.walk({ path: '', isDirectory: true });
  if (entry === undefined) throw new Error('no entry');
  writeFileSync(path, 'two');
  const [later] = await source.walk({ path: 'f', isDirectory: false });
  expect(later?.digest).not.toBe(entry.digest);
  // By their times they are settled, so that the bytes themselves are not digested again.
  await expect(drain(source.read([{ path: 'f', entry }]))).rejects.toMatchObject({
    code: 'E_FILE_CHANGED',
    message: `${path} changed while it was read`,
  });
});

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
