import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compressorName, gzipBlocks } from '../../../image/compress/gzip.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { seededRandom } from '../../support/seed.ts';

/** Bytes that compress neither very well nor not at all. */
function sampleBytes(length: number): Buffer {
  const random = seededRandom('gzip sample');
  const words = Array.from({ length: 500 }, () => random.next().toString(36).slice(2, 9));
  let text = '';
  while (text.length < length) text += `${words[random.int(words.length)]} `;
  return Buffer.from(text.slice(0, length));
}

test.each([0, 1, 65_535, 65_536, 65_537, 500_000])('%i bytes come back', async (length) => {
  const bytes = sampleBytes(length);
  const packed = await collect(gzipBlocks(chunksOf(bytes, 7919), { blockSize: 65_536 }));
  expect(gunzipSync(packed).equals(bytes)).toBe(true);
});

test('the bytes do not depend on how the input comes in, or on timing', async () => {
  const bytes = sampleBytes(3_000_000);
  const packed = await collect(gzipBlocks(chunksOf(bytes, 2_000_000)));
  expect((await collect(gzipBlocks(chunksOf(bytes, 999)))).equals(packed)).toBe(true);
  expect((await collect(gzipBlocks(chunksOf(bytes)))).equals(packed)).toBe(true);
});

test('the header has no time and no system in it', async () => {
  const packed = await collect(gzipBlocks(chunksOf(Buffer.from('x'))));
  expect(packed.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
});

test('gzip itself can read it', async (context) => {
  requiresPrograms(context, 'gzip');
  const bytes = sampleBytes(3_000_000);
  const packed = await collect(gzipBlocks(chunksOf(bytes)));
  const { status, stdout } = spawnSync('gzip', ['-dc'], { input: packed, maxBuffer: 2 ** 24 });
  expect([status, stdout.equals(bytes)]).toEqual([0, true]);
});

test('holds only so many blocks, however slow the reader', async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken++;
      yield Buffer.alloc(65_536);
    }
  }
  const packed = gzipBlocks(endless(), { blockSize: 65_536 });
  for (let i = 0; i < 10; i++) await packed.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(taken).toBeLessThan(10 + 2 * 64 + 4);
  await packed.return(undefined);
});

test('an error of the source comes through', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(2_000_000);
    throw new Error('the source failed');
  }
  await expect(collect(gzipBlocks(failing()))).rejects.toThrowError('the source failed');
});

test('the name says all that the bytes depend on', () => {
  expect(compressorName()).toBe(
    `gzip-4;block=524288;zlib=${process.versions.zlib};arch=${process.arch}`,
  );
});
