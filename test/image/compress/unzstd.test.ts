// zstd in JavaScript, for Nodes without: frames that ask for more than anybody should give.

import { expect, test } from 'vitest';
import { unzstd } from '../../../image/compress/unzstd.ts';
import { zstdPieces } from '../../../image/compress/zstd-pieces.ts';
import { ChunkReader } from '../../../image/stream/chunk-reader.ts';

const MAGIC = '28b52ffd';
/** One segment of one byte, stored as it is: "a". */
const SMALL = `${MAGIC}2001${'090000'}61`;
const SKIPPED = '502a4d18030000007a7a7a';

async function* bytes(hex: string, size = 1000): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(hex, 'hex');
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function unpacked(hex: string, size?: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of unzstd(bytes(hex, size))) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('frames behind each other and frames to be skipped, in chunks of any size', async () => {
  for (const size of [1, 5, 1000]) {
    expect(await unpacked(SMALL + SKIPPED + SMALL + SKIPPED, size)).toBe('aa');
  }
});

test.for([
  ['a window', `${MAGIC}0089`],
  ['a segment, said in four bytes', `${MAGIC}a001000008`],
  ['a segment, said in eight bytes', `${MAGIC}e00000000001000000`],
])('%s of more than 128 MiB is refused, whatever stands before it', async ([, frame = '']) => {
  for (const before of ['', SMALL, SKIPPED]) {
    await expect(unpacked(`${before}${frame}0100000000000000`)).rejects.toMatchObject({
      code: 'E_LAYER_LIMIT',
      message: 'the compressed data wants a window of more than 128 MiB',
    });
  }
});

test('what is cut short is truncated, wherever', async () => {
  const whole = SKIPPED + SMALL;
  for (let length = 2; length < whole.length; length += 2) {
    if (length === SKIPPED.length) continue;
    await expect(unpacked(whole.slice(0, length)), `${length}`).rejects.toMatchObject({
      code: 'E_LAYER_TRUNCATED',
    });
  }
});

test('what follows a frame and is none is an error, and so is a block of more than 128 KiB', async () => {
  for (const hex of [`${SMALL}00000000`, `${MAGIC}0058${'0d0010'}61`]) {
    await expect(unpacked(hex)).rejects.toMatchObject({ code: 'E_LAYER_INVALID' });
  }
});

test('a block of one byte that means many is decoded by itself: the program can be stopped in between', async () => {
  // A frame of a thousand runs of 128 KiB.
  const hex = `${MAGIC}0058${'02001061'.repeat(1000)}010000`;
  const pieces: number[] = [];
  for await (const piece of zstdPieces(new ChunkReader(bytes(hex)))) pieces.push(piece.length);
  expect(pieces).toEqual([6, ...Array.from({ length: 1000 }, () => 4), 3]);
  const sizes: number[] = [];
  for await (const part of unzstd(bytes(hex, 100_000))) sizes.push(part.length);
  expect(Math.max(...sizes)).toBe(128 * 1024);
});
