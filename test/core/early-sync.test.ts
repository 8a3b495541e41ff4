import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { earlySync } from '../../core/early-sync.ts';
import { writeOutputFile } from '../../core/output-file.ts';
import { tmpDir } from '../support/tmp.ts';

const MIB = 1 << 20;

/** An open file whose syncs are counted, and of which the first may fail. */
async function fileThat(first: 'succeeds' | 'fails') {
  const path = join(tmpDir(), 'f');
  const file = await open(path, 'wx');
  const syncs: string[] = [];
  const datasync = async (): Promise<void> => {
    syncs.push('early');
    if (first === 'fails')
      throw Object.assign(new Error('the disk reports a fault'), { code: 'EIO' });
    await file.datasync();
  };
  const sync = async (): Promise<void> => {
    syncs.push('last');
    await file.sync();
  };
  return { syncs, file, handle: { datasync, sync } };
}

test('a small file is synced once, at its end', async () => {
  const { syncs, file, handle } = await fileThat('succeeds');
  const early = earlySync(handle);
  early.wrote(MIB);
  await early.finish();
  expect(syncs).toEqual(['last']);
  await file.close();
});

test('a large one is synced while it is written, one sync at a time, and at its end', async () => {
  const { syncs, file, handle } = await fileThat('succeeds');
  const early = earlySync(handle);
  early.wrote(16 * MIB);
  early.wrote(16 * MIB);
  expect(syncs).toEqual(['early']);
  await early.settled();
  early.wrote(MIB);
  expect(syncs).toEqual(['early', 'early']);
  await early.finish();
  expect(syncs).toEqual(['early', 'early', 'last']);
  await file.close();
});

test('a sync that failed on the way fails the end, which would not be told of it', async () => {
  const { syncs, file, handle } = await fileThat('fails');
  const early = earlySync(handle);
  early.wrote(16 * MIB);
  await setTimeout(5);
  await expect(early.finish()).rejects.toThrow('the disk reports a fault');
  await early.settled();
  expect(syncs).toEqual(['early']);
  await file.close();
});

test('a large output file is what was written, in its order', async () => {
  const path = join(tmpDir(), 'out');
  const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(MIB, index));
  await writeOutputFile(path, path, Readable.from(chunks));
  expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
});
