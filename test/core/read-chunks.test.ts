// Pieces of an open file: that a file is read whole and in order, and how long a lent piece holds.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OpenFile } from '../../core/open-file.ts';
import { writeOutputFile } from '../../core/output-file.ts';
import { readChunks } from '../../core/read-chunks.ts';
import { tmpDir } from '../support/tmp.ts';

const MIB = 1 << 20;

/** A file of `mib` and a half MiB, each MiB of its own byte. */
function opened(mib: number): { file: OpenFile; bytes: Buffer; folder: string } {
  const folder = tmpDir();
  const bytes = Buffer.concat([
    ...Array.from({ length: mib }, (_, index) => Buffer.alloc(MIB, index + 1)),
    Buffer.alloc(MIB / 2, 'z'),
  ]);
  writeFileSync(join(folder, 'file'), bytes);
  return { file: new OpenFile(join(folder, 'file'), 'r'), bytes, folder };
}

test.for(['own', 'lent'] as const)('a file comes whole in chunks that are %s', async (use) => {
  const { file, bytes } = opened(7);
  const copies: Buffer[] = [];
  for await (const chunk of readChunks(file, 0, Number.POSITIVE_INFINITY, use))
    copies.push(Buffer.from(chunk));
  file.close();
  expect(Buffer.concat(copies).equals(bytes)).toBe(true);
});

test('chunks that are own stay as they are', async () => {
  const { file, bytes } = opened(7);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(file)) chunks.push(chunk);
  file.close();
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test('a lent chunk holds until the next but one is asked for, and three buffers do', async () => {
  const { file } = opened(7);
  const buffers = new Set<ArrayBufferLike>();
  let previous: Uint8Array | undefined;
  let count = 0;
  for await (const chunk of readChunks(file, 0, 7 * MIB, 'lent')) {
    // What was read ahead meanwhile is in neither.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(chunk.every((byte) => byte === count + 1)).toBe(true);
    expect(previous?.every((byte) => byte === count) ?? true).toBe(true);
    buffers.add(chunk.buffer);
    previous = chunk;
    count++;
  }
  file.close();
  expect([count, buffers.size]).toEqual([7, 3]);
});

test('an output file takes lent chunks as they are', async () => {
  const { file, bytes, folder } = opened(9);
  const path = join(folder, 'out');
  await writeOutputFile(path, path, readChunks(file, 0, Number.POSITIVE_INFINITY, 'lent'));
  file.close();
  const out = new OpenFile(path, 'r');
  const read = await out.read(Buffer.alloc(bytes.length), 0, bytes.length, 0);
  out.close();
  expect(read.buffer.equals(bytes)).toBe(true);
});
